"""Knowledge articles of the offline responder, and the search in them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from kern.models.offline.words import stems_of

#: A word in the title or among the keywords says as much as this many in the text.
_TITLE_WEIGHT = 3
_SATURATION, _LENGTH_PENALTY = 1.2, 0.75
#: Texts up to this many characters are given whole.
_SHORT = 700
_MOST_PARAGRAPHS = 3


@dataclass(frozen=True, slots=True)
class Article:
    """A text that the desk gives its customers. `keywords` are words that people use for it and that the text lacks."""

    title: str
    text: str
    keywords: tuple[str, ...] = ()


class Library:
    """A searchable collection of articles."""

    def __init__(self, articles: Sequence[Article]) -> None:
        self._articles = list(articles)
        self._titles = [set(stems_of(" ".join((article.title, *article.keywords)))) for article in self._articles]
        self._counts = [self._count(article) for article in self._articles]
        self._lengths = [sum(counts.values()) for counts in self._counts]
        self._average = sum(self._lengths) / len(self._lengths) if self._lengths else 1.0
        self._frequency = Counter(word for counts in self._counts for word in counts)

    def find(self, message: str) -> Article | None:
        """Return the article that fits the message best, or `None` where none fits well enough to be an answer."""
        asked = dict.fromkeys(stems_of(message))
        scored = [(self._score(at, asked), at) for at in range(len(self._articles)) if self._fits(at, asked)]
        return self._articles[max(scored, key=lambda item: (item[0], -item[1]))[1]] if scored else None

    def _count(self, article: Article) -> Counter[str]:
        counts = Counter(stems_of(article.text))
        for word in stems_of(" ".join((article.title, *article.keywords))):
            counts[word] += _TITLE_WEIGHT
        return counts

    def _rarity(self, word: str) -> float:
        having = self._frequency[word]
        return math.log(1 + (len(self._articles) - having + 0.5) / (having + 0.5))

    def _score(self, at: int, asked: dict[str, None]) -> float:
        """Return the BM25 score of an article."""
        length = 1 - _LENGTH_PENALTY + _LENGTH_PENALTY * self._lengths[at] / self._average
        total = 0.0
        for word in asked:
            count = self._counts[at][word]
            total += self._rarity(word) * count * (_SATURATION + 1) / (count + _SATURATION * length)
        return total

    def _fits(self, at: int, asked: dict[str, None]) -> bool:
        hits = [word for word in asked if word in self._counts[at]]
        in_title = sum(word in self._titles[at] for word in hits)
        share = sum(map(self._rarity, hits)) / (sum(map(self._rarity, asked)) or 1.0)
        enough = 0.2 if in_title else 0.35 if len(hits) >= 2 else 0.6
        return in_title >= 2 or (bool(hits) and share >= enough)


def fitting_text(article: Article, message: str) -> str:
    """Return the article's text; of a long one the paragraphs that fit the message, in their order."""
    paragraphs = [part.strip() for part in article.text.split("\n\n") if part.strip()]
    if len(article.text) <= _SHORT or len(paragraphs) <= 1:
        return article.text.strip()
    asked = set(stems_of(message))
    fit = [len(asked & set(stems_of(paragraph))) for paragraph in paragraphs]
    best = sorted(sorted(range(len(paragraphs)), key=lambda at: -fit[at])[:_MOST_PARAGRAPHS])
    chosen = [paragraphs[at] for at in best if fit[at]]
    return "\n\n".join(chosen or paragraphs[:1])
