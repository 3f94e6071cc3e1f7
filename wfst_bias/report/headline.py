"""The result of a report as a sentence."""

import math
from pathlib import Path
from typing import List, Mapping, Optional, Sequence, Tuple

from wfst_bias.core.files import read_json
from wfst_bias.report.folders import Comparison, DecodeFolder, is_stage
from wfst_bias.score.ladder import Rung
from wfst_bias.second_pass.config import LOOKUP, RESCORE

_DECODED_ALIKE = ("model", "channel", "search")  # of meta.json; where these differ, the list is not the only change
_ADDED_BY_NAME = {"adapter": "the adapter", "calibration": "calibration"}
_ADDED_BY_STAGE = {RESCORE: "rescoring", LOOKUP: "lookup"}  # verification belongs to the list


def headline(comparisons: Sequence[Comparison]) -> str:
    """Return what changes from the first to the last rung, by the largest list where there are several."""
    comparison = _of_largest_list(comparisons)
    rungs = comparison.rungs
    first, last = (rungs[0] if len(rungs) > 1 else None), rungs[-1]
    lead, compared_with = _setting(comparisons, comparison)
    if _num_spoken(last) == 0:
        return f"No phrase of the list is spoken: {lead}{_no_phrases(first, last)}"
    clauses, better = [_found(first, last, compared_with)], _sign(_share(last), _share(first))
    if not math.isnan(last.score.rates["WER"].value):
        clauses += ["but" if better * _worse_wer(first, last) > 0 else "and", _wer(first, last)]
    sentence = f"{lead}{clauses[0]}" + (f", {' '.join(clauses[1:])}" if len(clauses) > 1 else "")
    return sentence[0].upper() + sentence[1:]


def false_alarms_of(comparisons: Sequence[Comparison]) -> str:
    """Return the number of false alarms of the same rungs in words."""
    rungs = _of_largest_list(comparisons).rungs
    return _false_alarms(rungs[0] if len(rungs) > 1 else None, rungs[-1])


def _of_largest_list(comparisons: Sequence[Comparison]) -> Comparison:
    return max(comparisons, key=lambda comparison: comparison.scored_by.num_phrases)


def _setting(comparisons: Sequence[Comparison], comparison: Comparison) -> Tuple[str, str]:
    """Return how the last rung was decoded, and what it is compared with: a list with none where only this differs."""
    first, last = comparison.rungs[0], comparison.rungs[-1]
    if first is last:
        return (f"with {_list_name(comparisons, comparison)}, " if len(comparisons) > 1 else ""), ""
    added = _added(comparison)
    if added is None:
        return f"with {comparison.label(last)}, ", f"with {comparison.label(first)}"
    parts = [_list_name(comparisons, comparison), *added]
    joined = " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))
    return f"with {joined}, ", "without a list"


def _list_name(comparisons: Sequence[Comparison], comparison: Comparison) -> str:
    sizes = [one.scored_by.num_phrases for one in comparisons]
    many = len(comparisons)
    if many > 1 and sizes.count(max(sizes)) > 1:
        return f"the list {comparison.scored_by.name} (one of {many})"
    if many > 1:
        return f"the largest of {many} lists ({counted(max(sizes), 'phrase')})"
    meta = comparison.folder_of(comparison.rungs[-1]).meta
    owner = "utterance" if meta.get("biasing") else meta["entities_by"][0] if meta.get("entities_by") else ""
    return f"a list for each {owner}" if owner else "the list"


def _added(comparison: Comparison) -> Optional[List[str]]:
    """Return what the last rung has beside a list that the first one lacks; None where they differ in more than that."""
    first, last = (comparison.folder_of(rung) for rung in (comparison.rungs[0], comparison.rungs[-1]))
    sizes = {folder.meta["num_phrases"] for folder in comparison.folders if folder.meta.get("num_phrases")}
    if _has_list(first) or not _has_list(last) or len(sizes) > 1:
        return None
    if any(first.meta.get(key) != last.meta.get(key) for key in _DECODED_ALIKE) or _differ(
        _base_of(first), _base_of(last)
    ):
        return None
    added = []
    for key, name in _ADDED_BY_NAME.items():
        before, after = (folder.meta.get(key, "none") for folder in (first, last))
        if before not in ("none", after):
            return None
        if before != after:
            added.append(name)
    stages = [rung.stage for rung in comparison.rungs if is_stage(rung) and comparison.folder_of(rung) is last]
    earlier = [rung.stage for rung in comparison.rungs if is_stage(rung) and comparison.folder_of(rung) is first]
    return added + [name for stage, name in _ADDED_BY_STAGE.items() if stage in stages and stage not in earlier]


def _has_list(folder: DecodeFolder) -> bool:
    keys = ("num_phrases", "biasing", "entities_by", "beside", "adapter_list")
    return any(folder.meta.get(key) for key in keys)


def _base_of(folder: DecodeFolder) -> str:
    """Return the key of the base that the graph of a folder was made from; empty where it is not known any more."""
    graph = Path(str(folder.meta.get("graph"))) / "meta.json"
    meta: Mapping[str, str] = read_json(graph) if graph.is_file() else {}
    return str(meta.get("base") or meta.get("key") or "")


def _differ(one: str, other: str) -> bool:
    return bool(one and other) and one != other


def _found(first: Optional[Rung], last: Rung, compared_with: str) -> str:
    """Return how many of the spoken phrases are found; with the number of the first rung where there is one."""
    hits, spoken = last.score.counts.hits, _num_spoken(last)
    found = f"{_hits_of(hits, spoken)} found"
    if first is None:
        return found
    before, spoken_before = first.score.counts.hits, _num_spoken(first)
    aside = "" if compared_with == "without a list" else f" {compared_with}"
    if spoken_before != spoken:
        return f"{found} instead of {before:,} of {spoken_before:,}{aside}"
    if before == hits:
        return f"{found}, {'as' if hits in (0, spoken) else 'as many as'} {compared_with}"
    if spoken == 1:
        return f"{found}, unlike {compared_with}"
    return f"{found} instead of {_or_none(before)}{aside}"


def _hits_of(hits: int, spoken: int) -> str:
    """Return a subject and its verb, 'found' left out."""
    if spoken == 1:
        return "the one spoken phrase is" + ("" if hits else " not")
    if hits == spoken:
        return "both spoken phrases are" if spoken == 2 else f"all {spoken:,} spoken phrases are"
    if hits == 0:
        return f"none of {spoken:,} spoken phrases is"
    return f"{hits:,} of {spoken:,} spoken phrases {'is' if hits == 1 else 'are'}"


def _no_phrases(first: Optional[Rung], last: Rung) -> str:
    alarms = _false_alarms(first, last)
    verb = "is" if alarms.startswith("1 ") else "are"
    return f"there {verb} {alarms}" + (
        "" if math.isnan(last.score.rates["WER"].value) else f", and {_wer(first, last)}"
    )


def _false_alarms(first: Optional[Rung], last: Rung) -> str:
    number = last.score.counts.false_alarms
    alarms = counted(number, "false alarm") if number else "no false alarms"
    if first is None:
        return alarms
    before = first.score.counts.false_alarms
    return f"{alarms}, as before" if before == number else f"{alarms} instead of {_or_none(before)}"


def _wer(first: Optional[Rung], last: Rung) -> str:
    after = _percent(last)
    if first is None or math.isnan(first.score.rates["WER"].value):
        return f"WER is {after} %"
    before = _percent(first)
    if before == after:
        return f"WER stays at {after} %"
    return f"WER {'falls' if _worse_wer(first, last) < 0 else 'rises'} from {before} to {after} %"


def _percent(rung: Rung) -> str:
    return f"{rung.score.rates['WER'].value:.1f}"


def _worse_wer(first: Optional[Rung], last: Rung) -> int:
    """Return 1 where WER as it is shown rises, -1 where it falls, else 0."""
    return 0 if first is None else _sign(float(_percent(last)), float(_percent(first)))


def _num_spoken(rung: Rung) -> int:
    return rung.score.counts.hits + rung.score.counts.misses


def _share(rung: Optional[Rung]) -> float:
    return rung.score.counts.hits / max(1, _num_spoken(rung)) if rung else float("nan")


def _sign(after: float, before: float) -> int:
    return int(after > before) - int(after < before)


def _or_none(number: int) -> str:
    return f"{number:,}" if number else "none"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural where it is not 1."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
