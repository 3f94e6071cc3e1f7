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
# a page reports to the one around it
_FRAME = """<!DOCTYPE html><iframe src="page.html" style="width: {width}px; height: 900px; border: 0"></iframe>
<output></output><script>
addEventListener("message", (event) => document.querySelector("output").textContent = event.data);
</script>"""
_PROBE = """<script>
addEventListener("load", () => { const found = (() => { %s })(); parent.postMessage(JSON.stringify(found), "*"); });
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
  shades: style(document.querySelector(".scroll"), "background-attachment"),
  cut: [...document.querySelectorAll(".scroll:has(thead)")].filter((box) => box.scrollWidth > box.clientWidth).length,
  marked: style(document.querySelector(".hit"), "background-color"),
};
"""
_FILTERS = """
const shown = () => [...document.querySelectorAll(".change:not([hidden]) b")].map((name) => name.textContent).sort();
const form = document.getElementById("filter");
const counted = () => form.querySelector("output").textContent;
const change = (set) => { set(); form.dispatchEvent(new Event("input")); return [shown(), counted()]; };
const box = (kind) => form.querySelector(`[value=${kind}]`);
const found = { all: change(() => {}) };
found.word = change(() => form.elements.text.value = "ZELENSKYY met");
found.nothing = change(() => form.elements.text.value = "zzz");
found.closed = !document.querySelector("#changes details").open;
found.alarms = change(() => { form.elements.text.value = ""; box("alarms").click(); });
found.both = change(() => box("gained").click());
found.opened = document.querySelector("#changes details").open;
const walk = [...document.querySelectorAll("a, input, summary, [tabindex]")].filter((e) => e.checkVisibility());
found.unreachable = walk.filter((e) => { e.focus(); return document.activeElement !== e; }).map((e) => e.outerHTML);
return found;
"""


@pytest.fixture(scope="module")
def look(tmp_path_factory, made):
    """Opens the page in a frame, and returns what a script finds there."""
    page, folder = page_of(made), tmp_path_factory.mktemp("browser")

    def look(script, width, *flags):
        assert page.count("</body>") == 1
        (folder / "page.html").write_text(page.replace("</body>", _PROBE % script))
        (folder / "frame.html").write_text(_FRAME.format(width=width))
        profile = f"--user-data-dir={folder / 'profile'}"
        command = [_BROWSER, *_FLAGS, *flags, profile, "--dump-dom", (folder / "frame.html").as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert "CONSOLE" not in done.stderr, done.stderr
        found = re.search(r"<output>(.*)</output>", done.stdout, re.DOTALL)[1]
        assert found, done.stderr
        return json.loads(html.unescape(found))

    return look


def test_nothing_is_wider_than_a_narrow_screen_but_what_scrolls(look):
    found = look(_LOOKS, 390)
    assert found["width"] == 390 and found["page"] == 390 and found["wide"] == []
    assert found["scrolls"] and found["shades"] == "local, local, scroll, scroll" and not found["filter"]
    assert (found["ground"], found["ink"]) == ("rgb(255, 255, 255)", "rgb(27, 31, 36)")


def test_in_the_dark_page_and_plots_are_dark(look):
    found = look(_LOOKS, 1280, _DARK)
    assert found["page"] == 1280 and found["wide"] == [] and found["cut"] == 0
    assert (found["ground"], found["ink"]) == ("rgb(15, 20, 25)", "rgb(230, 233, 238)")
    assert found["plot"] in ("rgb(230, 233, 238)", "rgb(157, 167, 179)")
    assert found["marked"] == "rgb(18, 53, 34)"


def test_filters_show_what_fits_and_all_can_be_reached_by_keys(look):
    found = look(_FILTERS, 1280)
    assert found["all"] == [["u1", "u2", "u4"], "3 shown"]
    assert found["word"] == [["u2"], "1 of 3"] and "zelenskyy" in REFERENCES["u2"]
    assert found["nothing"] == [[], "0 of 3"] and found["closed"]
    assert found["alarms"] == [["u4"], "1 of 3"]
    assert found["both"] == [["u1", "u2", "u4"], "3 of 3"] and found["opened"]
    assert found["unreachable"] == []
