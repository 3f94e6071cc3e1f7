"""The parts of a corpus, joined to a decode folder."""

import contextlib
import json
import shutil
from pathlib import Path
from typing import IO, Any, Dict, Iterable, List, Mapping, Optional

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import publish_folder, read_json
from wfst_bias.corpus import part as parts
from wfst_bias.corpus.decode_files import ARCHIVE, REJECTED, REJECTED_BEFORE, TERMS
from wfst_bias.corpus.decoding import META, REPORT, WORDS
from wfst_bias.corpus.plan import Plan
from wfst_bias.corpus.worker import LOG
from wfst_bias.data.failures import FAILED
from wfst_bias.lattice.archive import NUM_JOBS, archive_name, terms_name
from wfst_bias.recognize.timing import Timing

KIND = "decode"
_SUMS = ("num_utterances", "num_entities_found", "num_entities_refused", "num_failed")
_LISTS = ("empty_transcripts", "narrowed_lattices")


def missing_parts(plan: Plan, folder: Path) -> List[int]:
    """The numbers of the parts that are not decoded."""
    return [part.number for part, key in plan if not (folder / key).is_dir()]


def merge_parts(plan: Plan, folder: Path, tables: Path, decode_dir: Path, meta: Mapping[str, Any]) -> Dict[str, Any]:
    """Join the parts of a plan, in its order, to a decode folder.

    Args:
      plan: of the corpus.
      folder: of the parts.
      tables: folder of what is the same for all parts.
      decode_dir: to be written, whole or not at all.
      meta: more entries of ``meta.json``.

    Returns:
      the content of ``meta.json``.

    Raises:
      InputError: parts are missing, or some inputs are neither in the output nor in the list of failures.
    """
    if missing := missing_parts(plan, folder):
        numbers = ", ".join(map(str, missing[:5])) + (", ..." if len(missing) > 5 else "")
        known = {key for _, key in plan}
        others = sum(path.parent.name not in known for path in folder.glob(f"*/{FAILED}"))
        hint = f"; there are {others} parts of other options or inputs" if others else ""
        raise InputError(
            f"{len(missing)} of {plan.num_parts} parts are not decoded ({numbers}){hint}; run their jobs again with the same "
            "options, what is decoded is kept",
            folder,
        )
    for left in folder.glob(f".{decode_dir.name}.*"):  # of a merge that was killed
        shutil.rmtree(left, ignore_errors=True)
    with publish_folder(decode_dir, KIND, within=folder) as building:
        summaries = list(_joined(plan, folder, building))
        shutil.copyfile(building / REJECTED, building / REJECTED_BEFORE)
        for name in (WORDS, REPORT):
            if (tables / name).is_file():
                shutil.copyfile(tables / name, building / name)
        if (folder / LOG).is_dir():
            shutil.copytree(folder / LOG, building / LOG)
        whole = {"kind": KIND, **meta, **_totals(summaries), **plan.meta}
        whole.update(read_json(tables / META)["meta"])
        whole.update(Timing.total(Timing(**summary["timing"]) for summary in summaries).summary())
        _check_complete(building, plan)
        (building / META).write_text(json.dumps(whole, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return whole


def _check_complete(building: Path, plan: Plan) -> None:
    """Check that each input of the plan has a line in ``text`` or in the list of failures."""
    num_written, num_failed = (sum(1 for _ in open(building / name, "rb")) for name in ("text", FAILED))
    if num_written + num_failed != plan.num_inputs:
        raise InputError(
            f"{num_written:,} utterances are in text and {num_failed:,} in {FAILED}, but there are {plan.num_inputs:,}; "
            "remove the folder of the parts, decode again, and please report this",
            building,
        )


def _joined(plan: Plan, folder: Path, building: Path) -> Iterable[Dict[str, Any]]:
    """Append the files of each part to those of the decode folder; the summary of each part."""
    archive = 0
    with contextlib.ExitStack() as stack:
        files: Dict[str, IO[bytes]] = {}
        for part, key in plan:
            if part.archive != archive:
                archive = part.archive
                for name in (ARCHIVE, TERMS):
                    if name in files:
                        files.pop(name).close()
            for source in sorted(path for path in (folder / key).iterdir() if path.name != parts.META):
                if source.name not in files:
                    target = building / _final_name(source.name, archive)
                    files[source.name] = stack.enter_context(open(target, "wb"))
                with open(source, "rb") as stream:
                    shutil.copyfileobj(stream, files[source.name], 1 << 20)
            yield parts.read_summary(folder / key)
    (building / NUM_JOBS).write_text(f"{archive}\n", encoding="utf-8")


def _final_name(name: str, archive: int) -> str:
    """The name of a file of a part in the decode folder."""
    return {ARCHIVE: archive_name(archive), TERMS: terms_name(archive)}.get(name, name)


def _totals(summaries: List[Dict[str, Any]]) -> Dict[str, Any]:
    """The counts of all parts."""
    shifts: List[Optional[float]] = [summary["frame_shift"] for summary in summaries if summary["frame_shift"]]
    return {
        **{name: sum(summary[name] for summary in summaries) for name in _SUMS},
        **{name: [one for summary in summaries for one in summary[name]] for name in _LISTS},
        "frame_shift": shifts[0] if shifts else None,
        "lattices": summaries[0]["lattices"],
        "first_failure": next((summary["first_failure"] for summary in summaries if summary["num_failed"]), None),
    }
