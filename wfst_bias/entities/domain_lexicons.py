"""Make the lexicons of the shipped domains: hama's pronunciations of the words that the default lexicon does not have::

python -m wfst_bias.entities.domain_lexicons

Lines may be changed by hand afterwards: those that are there stay.
"""

from typing import Dict, Tuple

from wfst_bias.core.files import GRAPHS, publish_file
from wfst_bias.core.text import latin
from wfst_bias.entities.domains import DOMAIN, domain_names
from wfst_bias.entities.lists import read_list
from wfst_bias.g2p.hama import HamaG2P
from wfst_bias.lang.lang import hama_lang
from wfst_bias.lang.lexicon import Lexicon, Pronunciation

LEXICON = "lexicon.txt"


def _lexicon_of(name: str) -> Lexicon:
    """The pronunciations of the unknown words of a domain."""
    known = hama_lang().lexicon
    read = read_list(name)
    words = {latin(part) for one in read.entities for form in one.forms for word in form for part in word.split("-")}
    unknown = sorted(word for word in words if word and word.strip("'") not in known and word not in read.lexicon)
    found: Dict[str, Tuple[Pronunciation, ...]] = {**read.lexicon, **HamaG2P().pronounce(unknown)}
    return Lexicon({word: found[word] for word in sorted(found) if found[word]})


if __name__ == "__main__":
    for name in domain_names():
        publish_file(GRAPHS / name / LEXICON, _lexicon_of(name).text())
        text = (GRAPHS / name / DOMAIN).read_text(encoding="utf-8")
        if "lexicon =" not in text:
            publish_file(GRAPHS / name / DOMAIN, f'lexicon = "{LEXICON}"\n\n{text}')
