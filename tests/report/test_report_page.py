"""The page itself, read without a browser."""

import json
import re
from html.parser import HTMLParser
from importlib import resources

import pytest

from helpers.decode_folders import NAMES, WITH, WITHOUT, write_folder, write_graph
from wfst_bias.report.config import ReportConfig
from wfst_bias.report.page import page_of
from wfst_bias.report.report import make_report
from wfst_bias.score.ladder import ladder_json

_VOID = {"meta", "link", "input", "br"}


class Page(HTMLParser):
    """Elements with attributes, classes and the text inside them; that tags close is checked."""

    def __init__(self, html):
        super().__init__()
        self._open, self.elements = [], []
        self.feed(html)
        assert not self._open

    def handle_starttag(self, tag, attrs):
        element = {"tag": tag, "text": "", "within": [e["tag"] for e in self._open], **dict(attrs)}
        self.elements.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_startendtag(self, tag, attrs):
        self.elements.append({"tag": tag, "text": "", "within": [e["tag"] for e in self._open], **dict(attrs)})

    def handle_endtag(self, tag):
        assert self._open.pop()["tag"] == tag

    def handle_data(self, data):
        for element in self._open:
            element["text"] += data

    def all(self, tag, **attributes):
        fits = lambda e: e["tag"] == tag and all(e.get(k.rstrip("_")) == v for k, v in attributes.items())
        return [element for element in self.elements if fits(element)]


@pytest.fixture(scope="module")
def page(made):
    return Page(page_of(made))


def style_sheet():
    return resources.files("wfst_bias.report").joinpath("templates", "style.css").read_text("utf-8")


def words_in(text):
    return " ".join(text.split())


def test_the_ladder_has_the_numbers_of_the_score(made, page):
    (table,) = page.all("table", class_="ladder")
    text = words_in(table["text"])
    for rung in made.rungs:
        for rate in rung.score.rates.values():
            assert (f"{rate.value:.2f}" if rate.value == rate.value else "–") in text
    assert "decode_4" in text and "✓" not in words_in(page.all("th", scope="row")[0]["text"])
    (numbers,) = page.all("script", type="application/json")
    assert json.loads(numbers["text"]) == json.loads(ladder_json(made.rungs))


def test_the_result_is_the_title(made, page):
    title = "With the list, all 3 spoken phrases are found instead of 1, and WER falls from 11.1 to 2.8 %"
    assert made.headline == title
    (heading,), (name,) = page.all("h1"), page.all("title")
    assert (heading["text"], name["text"]) == (title, f"{title} (data)")
    header = words_in(page.all("header")[0]["text"])
    assert "data: 5 utterances, 0.6 minutes; a list of 4 phrases; 1 false alarm instead of none" in header


def test_headers_wrap_and_what_scrolls_has_shades_at_its_edges():
    rules = dict(re.findall(r"^([^{}@/]+) \{(.*?)\}$", style_sheet(), re.DOTALL | re.MULTILINE))
    assert "white-space: normal" in rules["thead th"] and ".ladder, .alarms" in rules
    covers = re.findall(
        r"linear-gradient\(to (left|right), var\(--(paper|shade)\).*?no-repeat (local|scroll)", rules[".scroll"]
    )
    assert covers == [(side, *kind) for kind in (("paper", "local"), ("shade", "scroll")) for side in ("right", "left")]


def test_plots_have_no_ground_that_hides_shades(made, page):
    assert len(page.all("svg")) == len(made.plots)
    assert not any(e.get("id", "").endswith("-patch_1") for e in page.elements)


def test_the_words_of_what_changed_are_marked(page):
    cards = [words_in(card["text"]) for card in page.all("li", class_="change")]
    assert len(cards) == 3
    call = next(card for card in cards if card.startswith("u1"))
    assert "+ whittemore 2 → 0 errors" in call
    assert "Reference: please call whittemore at noon. Before: please call with more at noon." in call
    kinds = {element["data-kinds"] for element in page.all("li", class_="change")}
    assert kinds == {"gained better", "alarms worse"}
    classes = {element["class"] for element in page.all("span") if "class" in element}
    assert {"phrase", "hit", "substituted miss", "inserted", "substituted alarm"} <= classes


def test_a_false_alarm_has_its_competitor(page):
    (table,) = page.all("table", class_="alarms")
    row = words_in(table["text"]).partition("nats below ")[2]
    assert row == "whittemore nobody u4 0.10 0.91 0.20 0.37 -3.0, 0.5 list W IH T nobody -2.5, 1.2"


def test_nothing_is_fetched(made):
    html = page_of(made)
    assert "default-src 'none'" in html
    sources = re.findall(r'(?:src|href|action|poster)="([^"]*)"', html)
    assert sources and all(source.startswith(("#", "data:")) for source in sources)
    assert not re.search(r"@import|url\((?!#)", html)


def test_ids_are_there_once_and_links_lead_to_them(page):
    ids = [element["id"] for element in page.elements if "id" in element]
    assert len(ids) == len(set(ids))
    links = {
        value[1:] for e in page.elements for k in ("href", "xlink:href") if (value := e.get(k, "")).startswith("#")
    }
    assert links <= set(ids)


def test_what_scrolls_can_be_reached_by_keys_and_has_a_name(page):
    boxes = page.all("div", class_="scroll")
    assert boxes and all(box["tabindex"] == "0" and box["role"] == "region" and box["aria-label"] for box in boxes)
    assert all(svg["role"] == "img" and svg["aria-label"] for svg in page.all("svg"))
    headings = [int(e["tag"][1]) for e in page.elements if re.fullmatch("h[1-6]", e["tag"])]
    assert headings[0] == 1 and all(after - before <= 1 for before, after in zip(headings, headings[1:]))


def test_without_a_script_all_is_there_but_the_filter(page):
    (form,) = page.all("form")
    assert "hidden" in form
    assert not any("hidden" in card for card in page.all("li"))


def test_names_are_no_markup(tmp_path, data):
    folder = write_folder(tmp_path / "a<b>&</script>", WITH, write_graph(tmp_path / "g", NAMES), data=str(data))
    html = page_of(make_report([folder], config=ReportConfig(lattices=0)))
    assert "<b>&</script>" not in html
    (numbers,) = Page(html).all("script", type="application/json")
    assert json.loads(numbers["text"])[0]["decode_dir"].endswith("</script>")


def test_nothing_changed_is_shown(tmp_path, data):
    graph = write_graph(tmp_path / "g", NAMES)
    same = [write_folder(tmp_path / name, WITHOUT, graph, data=str(data)) for name in ("one", "other")]
    text = words_in(page_of(make_report(same, config=ReportConfig(lattices=0))))
    assert "Every transcript is the same in each row of the table." in text
    assert '<h2>False alarms</h2> <p class="empty">None.</p>' in text
    text = words_in(page_of(make_report(same[:1], config=ReportConfig(lattices=0))))
    assert "There is one row, and nothing to compare it with" in text


def test_what_is_left_out_is_shown(folders):
    text = words_in(page_of(make_report(folders, config=ReportConfig(changes=1, alarms=0, lattices=0))))
    assert "2 more utterances left out; --changes shows more." in text
    assert "1 more left out; --alarms shows more." in text


def test_colors_can_be_distinguished_from_their_ground():
    css = style_sheet()
    themes = [dict(re.findall(r"--([\w-]+): (#\w{6})", block)) for block in css.split("@media", 2)[:2]]
    assert all(len(theme) >= 20 for theme in themes)
    for theme in themes:
        pairs = [(text, "paper", 4.5) for text in ("ink", "quiet", "link", "hit", "alarm", "phrase", "miss")]
        pairs += [(kind, f"{kind}-ground", 4.5) for kind in ("phrase", "hit", "miss", "alarm")]
        pairs += [(name, "paper", 3.0) for name in theme if name.startswith("series") or name == "focus"]
        pairs += [("faint", "paper", 3.0)]
        for text, ground, least in pairs:
            assert contrast(theme[text], theme[ground]) >= least, (text, ground)


def contrast(one, other):
    """WCAG 2.1, 1.4.3."""
    light, dark = sorted(map(luminance, (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear))
