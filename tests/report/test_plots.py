"""The plots of a report: their markers and their axes."""

import pytest
from matplotlib.figure import Figure

from helpers.decode_folders import NAMES, REFERENCES, WITH, WITHOUT, write_folder, write_graph
from wfst_bias.report.folders import comparisons, read_folders
from wfst_bias.report.plots import plots


@pytest.fixture(scope="module")
def axes_of(tmp_path_factory):
    """The axes of each plot, by its name: a system finds nothing that is right, another one everything, of two lists."""
    path, texts = tmp_path_factory.mktemp("plots"), {**WITHOUT, "u3": "the train to new jersey was late"}
    nothing = {**texts, "u4": "whittemore was there"}
    folders = [write_folder(path / "none", nothing)]
    for n in (2, 4):
        graph = write_graph(path / f"graph_{n}", NAMES[:n])
        folders.append(write_folder(path / f"all_{n}", {**WITH, "u4": REFERENCES["u4"]}, graph))
    found = {}
    for plot in plots(comparisons(REFERENCES, read_folders(folders), list(REFERENCES))):
        figure = Figure(figsize=plot.inches)
        plot.draw(figure)
        found[plot.name] = figure.axes
    return found


def test_markers_are_not_cut_at_the_axes(axes_of):
    assert set(axes_of) == {"ladder", "f1_against_n", "precision_recall"}
    for name, axes in axes_of.items():
        lines = [line for ax in axes for line in ax.get_lines() if line.get_marker() not in ("None", "")]
        assert lines and not any(line.get_clip_on() for line in lines), name


def test_there_is_room_for_whole_markers_at_0_and_100_percent_but_no_tick_beyond(axes_of):
    (ax,) = axes_of["precision_recall"]
    places = {place for line in ax.get_lines() if line.get_marker() != "None" for place in zip(*line.get_data())}
    assert places == {(0.0, 0.0), (100.0, 100.0)}
    for (low, high), ticks in ((ax.get_xlim(), ax.get_xticks()), (ax.get_ylim(), ax.get_yticks())):
        assert low < -2 and high > 102
        assert min(ticks) == 0 and max(ticks) == 100
