"""The page in a real browser, wide and narrow, in the light and in the dark."""

import html
import json
import re
import shutil
import subprocess

import pytest

from helpers.decode_folders import REFERENCES
from wfst_bias.report.page import page_of

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_BROWSER = next(filter(None, map(shutil.which, _NAMES)), None)
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    "--enable-logging=stderr",
    "--window-size=1400,1000",
    "--virtual-time-budget=3000",
)
_DARK = "--blink-settings=preferredColorScheme=0"
# what a page does is told to the one around it
_FRAME = """<!DOCTYPE html><iframe src="page.html" style="width: {width}px; height: 900px; border: 0"></iframe>
<output></output><script>
addEventListener("message", (event) => document.querySelector("output").textContent = event.data);
</script>"""
_PROBE = """<script>
addEventListener("load", () => { const told = (() => { %s })(); parent.postMessage(JSON.stringify(told), "*"); });
</script></body>"""

pytestmark = pytest.mark.skipif(_BROWSER is None, reason=f"no browser: none of {', '.join(_NAMES)} is installed")

_LOOKS = """
const style = (element, name) => getComputedStyle(element).getPropertyValue(name);
const wide = [...document.querySelectorAll("body *")].filter((element) =>
  element.getBoundingClientRect().right > innerWidth + 1 && !element.closest(".scroll, .unseen, .skip"));
return {
  width: innerWidth,
  page: document.documentElement.scrollWidth,
  wide: wide.map((element) => element.tagName + "." + element.className),
  ground: style(document.body, "background-color"),
  ink: style(document.body, "color"),
  plot: style(document.querySelector("svg text"), "fill"),
  filter: document.getElementById("filter").hidden,
  scrolls: document.querySelector(".scroll").scrollWidth > document.querySelector(".scroll").clientWidth,
  marked: style(document.querySelector(".hit"), "background-color"),
};
"""
_FILTERS = """
const shown = () => [...document.querySelectorAll(".change:not([hidden]) b")].map((name) => name.textContent).sort();
const form = document.getElementById("filter");
const counted = () => form.querySelector("output").textContent;
const change = (set) => { set(); form.dispatchEvent(new Event("input")); return [shown(), counted()]; };
const box = (kind) => form.querySelector(`[value=${kind}]`);
const told = { all: change(() => {}) };
told.word = change(() => form.elements.text.value = "ZELENSKYY met");
told.nothing = change(() => form.elements.text.value = "zzz");
told.closed = !document.querySelector("#changes details").open;
told.alarms = change(() => { form.elements.text.value = ""; box("alarms").click(); });
told.both = change(() => box("gained").click());
told.opened = document.querySelector("#changes details").open;
const walk = [...document.querySelectorAll("a, input, summary, [tabindex]")].filter((e) => e.checkVisibility());
told.unreachable = walk.filter((e) => { e.focus(); return document.activeElement !== e; }).map((e) => e.outerHTML);
return told;
"""


@pytest.fixture(scope="module")
def look(tmp_path_factory, made):
    """Opens the page in a frame, and tells what a script finds there."""
    page, folder = page_of(made), tmp_path_factory.mktemp("browser")

    def look(script, width, *flags):
        assert page.count("</body>") == 1
        (folder / "page.html").write_text(page.replace("</body>", _PROBE % script))
        (folder / "frame.html").write_text(_FRAME.format(width=width))
        profile = f"--user-data-dir={folder / 'profile'}"
        command = [_BROWSER, *_FLAGS, *flags, profile, "--dump-dom", (folder / "frame.html").as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert "CONSOLE" not in done.stderr, done.stderr
        told = re.search(r"<output>(.*)</output>", done.stdout, re.DOTALL)[1]
        assert told, done.stderr
        return json.loads(html.unescape(told))

    return look


def test_nothing_is_wider_than_a_narrow_screen_but_what_scrolls(look):
    told = look(_LOOKS, 390)
    assert told["width"] == 390 and told["page"] == 390 and told["wide"] == []
    assert told["scrolls"] and not told["filter"]
    assert (told["ground"], told["ink"]) == ("rgb(255, 255, 255)", "rgb(27, 31, 36)")


def test_in_the_dark_page_and_plots_are_dark(look):
    told = look(_LOOKS, 1280, _DARK)
    assert told["page"] == 1280 and told["wide"] == []
    assert (told["ground"], told["ink"]) == ("rgb(15, 20, 25)", "rgb(230, 233, 238)")
    assert told["plot"] in ("rgb(230, 233, 238)", "rgb(157, 167, 179)")
    assert told["marked"] == "rgb(18, 53, 34)"


def test_filters_show_what_fits_and_all_can_be_reached_by_keys(look):
    told = look(_FILTERS, 1280)
    assert told["all"] == [["u1", "u2", "u4"], "3 utterances"]
    assert told["word"] == [["u2"], "1 of 3"] and "zelenskyy" in REFERENCES["u2"]
    assert told["nothing"] == [[], "0 of 3"] and told["closed"]
    assert told["alarms"] == [["u4"], "1 of 3"]
    assert told["both"] == [["u1", "u2", "u4"], "3 of 3"] and told["opened"]
    assert told["unreachable"] == []
