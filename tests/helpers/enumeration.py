"""Everything that a graph should say, from the definitions of backoff and of the classes alone."""

import math
from collections import defaultdict
from functools import lru_cache
from types import MappingProxyType

from helpers.worlds import BOUNDARY, DRUG, TOKENS
from wfst_bias.core.symbols import CLASS

MAX_LENGTH = 5
LN10 = math.log(10)


def enumeration(world, entry_score, words, lowered=MappingProxyType({})):
    """Best score of each (units, outputs), from the definitions of backoff, of the classes and of lowered words alone."""
    backoff = {"<s>": world.starts_with, **{w: b for w, (_, b) in world.unigrams.items()}, None: 0.0}
    first = len(words) + 2 * bool(world.spelled[CLASS])

    @lru_cache(None)
    def steps(history):
        """Everything that may follow: (pronunciation, output, log10 score, next history)."""
        following = []
        for word, (unigram, _) in world.unigrams.items():
            score = max(backoff[history] + unigram, world.bigrams.get((history, word), -math.inf))
            if word == DRUG:
                for s in world.spelled[DRUG]:
                    following.append((s.units, first + s.phrase, score + (entry_score + s.score) / LN10, DRUG))
            else:
                for said in world.lexicon[word]:
                    following.append((said, words[word], score + lowered.get(word, 0.0) / LN10, word))
        unigram_classes = [(CLASS, len(words))] + [(DRUG, first)] * (DRUG not in world.unigrams)
        for name, label in unigram_classes:
            for s in world.spelled[name]:
                following.append((s.units, label + s.phrase, backoff[history] + (entry_score + s.score) / LN10, None))
        return following

    def end(history):
        through_backoff = backoff[history] + world.ends_with
        # the start state follows its backoff arc before anything is said, as in every backoff acceptor
        explicit = world.bigrams.get((history, "</s>"), through_backoff)
        # without a token between words, every backoff arc is followed before the sentence ends
        return max(explicit, through_backoff) if history == "<s>" or not world.boundary else explicit

    found = defaultdict(lambda: -math.inf)
    # what was said before matters by its history alone: the best score of each (history, units, outputs), by their length
    paths = [{} for _ in range(MAX_LENGTH + 1)]
    paths[0]["<s>", (), ()] = 0.0
    for of_length in paths:
        for (history, units, outputs), score in of_length.items():
            found[units, outputs] = max(found[units, outputs], (score + end(history)) * LN10)
            for said, output, step, following in steps(history):
                longer = units + ((world.boundary,) if units and world.boundary else ()) + said
                if len(longer) <= MAX_LENGTH:
                    key, total = (following, longer, outputs + (output,)), score + step
                    paths[len(longer)][key] = max(total, paths[len(longer)].get(key, -math.inf))
    return {(tuple(TOKENS[u] for u in units), outputs): score for (units, outputs), score in found.items()}


def one_boundary_between_words(labels) -> bool:
    boundary = TOKENS[BOUNDARY]
    return not labels or (labels[0] != boundary and not any(a == b == boundary for a, b in zip(labels, labels[1:])))
