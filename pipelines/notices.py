"""Texts that sites show instead of, or over, what was asked for. Pure.

Error pages, paywalls, consent banners and blind text, by what they say in English, German, French
and Spanish. C4 (Raffel et al. 2020, section 2.2) drops lines that speak of cookies and privacy
policies, pages with "lorem ipsum", and lines that ask for JavaScript; these are narrower, so that
a text about cookies stays.
"""

# ruff: noqa: RUF001 - apostrophes of real pages are what this is about
from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Final


def _any(*phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(phrases), re.IGNORECASE)


_ERROR: Final = _any(
    r"^\W*(?:error\s*)?[45]\d\d\b.{0,3}(?:not found|forbidden|bad gateway|internal server error"
    r"|service unavailable|access denied|unauthorized|gateway time-?out|error)",
    r"^\W*(?:error|fehler|erreur)\s*[:#-]?\s*[45]\d\d\b",
    r"^\W*(?:page|file|seite) (?:was )?not found\W*$",
    r"\b(?:the|this) (?:requested )?(?:page|url|document|resource)(?: you (?:requested|are looking "
    r"for))? (?:was not found|could not be found|cannot be found|does not exist|is not available"
    r"|no longer exists|has been moved)",
    r"\bpage you (?:are|were) looking for\b",
    r"\b(?:enable|turn on|activate|requires?) javascript\b",
    r"\bverify(?:ing)? (?:that )?you are (?:a )?human\b",
    r"\bchecking your browser before\b",
    r"\b(?:the|diese|die angeforderte) seite (?:wurde nicht gefunden|existiert nicht"
    r"|konnte nicht gefunden werden)",
    r"\bjavascript (?:aktivieren|activer|activar)|activez javascript|active javascript\b",
    r"\bla page (?:demandée|que vous (?:cherchez|recherchez)) (?:n['’]existe|est introuvable)",
    r"\bpage introuvable\b",
    r"\bla página (?:solicitada|que (?:busca|buscas)) no (?:existe|se ha encontrado)",
    r"\bpágina no encontrada\b",
)
_PAYWALL: Final = _any(
    r"\bsubscribe (?:now )?to (?:continue|keep) reading\b",
    r"\b(?:this|the) (?:article|content|story) is (?:for|available to|reserved for|only available "
    r"to) (?:paying |our )?(?:subscribers|members)\b",
    r"\b(?:already a|become a) (?:subscriber|member)\b",
    r"\byou have (?:reached|read) your (?:monthly )?(?:limit|free)",
    r"\b(?:log|sign) in to (?:continue|keep) reading\b",
    r"\bcreate (?:a|your) free account to\b",
    r"\b(?:jetzt|bereits) abonn(?:ieren|ent)\b",
    r"\b(?:weiterlesen mit|lesen sie mit|nur für abonnenten)",
    r"\bréservé aux abonnés\b|\bdéjà abonné\b|\babonnez-vous pour\b",
    r"\b(?:solo|exclusivo) para (?:suscriptores|abonados)\b|\bya eres suscriptor\b"
    r"|\bsuscríbete para (?:seguir|continuar)",
)
_CONSENT: Final = _any(
    r"\b(?:we|this (?:web)?site|our (?:web)?site|our partners) uses? (?:\w+ )?cookies\b",
    r"\b(?:accept|allow|reject|decline) (?:all )?cookies\b",
    r"\bcookie (?:settings|preferences|consent|policy|notice)\b",
    r"\bby (?:continuing|using) (?:to (?:use|browse) )?(?:this|our|the) (?:web)?site,? you "
    r"(?:agree|accept|consent)",
    r"\bwe (?:and our partners )?(?:value|care about|respect) your privacy\b",
    r"\b(?:wir|(?:diese|unsere) (?:web)?(?:seite|site)) (?:verwendet|verwenden|nutzt|nutzen|setzt"
    r"|setzen) (?:\w+ )?cookies\b",
    r"\balle cookies (?:akzeptieren|ablehnen)|cookie-einstellungen\b",
    r"\b(?:nous utilisons|ce site utilise) des cookies\b",
    r"\b(?:accepter|refuser) (?:tous )?les cookies\b",
    r"\b(?:utilizamos|usamos|este sitio (?:web )?utiliza|esta web utiliza) cookies\b",
    r"\b(?:aceptar|rechazar) (?:todas )?(?:las )?cookies\b",
)
_BLIND: Final = b"lorem ipsum"
# A longer text that has such a sentence in it is about something.
_SHORT: Final = 250  # characters


# Nothing above is found in a text that has none of these in it.
_KEYS: Final = {
    "error-page": (
        *("error", "fehler", "erreur", "not found", "forbidden", "gateway", "unavailable"),
        *("denied", "unauthorized", "be found", "not exist", "not available", "longer exist"),
        *("been moved", "looking for", "javascript", "human", "checking your", "nicht gefunden"),
        *("existiert nicht", "existe", "introuvable", "se ha encontrado", "no encontrada"),
    ),
    "paywall": (
        *("subscri", "member", "you have re", "in to ", "free account", "abonn", "weiterlesen"),
        *("lesen sie", "suscri", "abonado"),
    ),
    "consent-banner": ("cookie", "privacy", "by continuing", "by using"),
}
_PATTERNS: Final = {"error-page": _ERROR, "paywall": _PAYWALL, "consent-banner": _CONSENT}

NOTICES: Final = tuple(_PATTERNS)


class Notices:
    """Which of some prompts and completions are notices; one look for all that are given.

    >>> found = Notices([("Bees", "Accept all cookies.")])
    >>> found.says("consent-banner", "Bees", "Accept all cookies.")
    True
    """

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        texts = {prompt for prompt, _ in pairs}
        texts.update(completion for _, completion in pairs if len(completion) <= _SHORT)
        self._suspects = _with_keys(list(texts))

    def may_say(self, rule: str) -> bool:
        """Whether any of them may be told by a rule."""
        return bool(self._suspects[rule])

    def says(self, rule: str, prompt: str, completion: str) -> bool:
        """Whether a prompt, or a short completion, is an error page, a paywall or a banner."""
        suspects, pattern = self._suspects[rule], _PATTERNS[rule]
        if not suspects:
            return False
        return bool(
            (prompt in suspects and pattern.search(prompt))
            or (len(completion) <= _SHORT and completion in suspects and pattern.search(completion))
        )


def _with_keys(texts: list[str]) -> dict[str, set[str]]:
    """A rule's name -> the texts that have one of its words."""
    plain = _plain("\n".join(texts))
    starts = [0, *accumulate(len(text) + 1 for text in texts)]
    return {
        name: {texts[at] for key in keys for at in _places(plain, key.encode(), starts)}
        for name, keys in _KEYS.items()
    }


def _places(plain: bytes, key: bytes, starts: list[int]) -> Iterator[int]:
    """The indexes of the texts with a word: text i is from ``starts[i]`` to ``starts[i + 1]``."""
    place = plain.find(key)
    while place >= 0:
        index = bisect_right(starts, place) - 1
        yield index
        place = plain.find(key, starts[index + 1])


def is_blind_text(text: str) -> bool:
    """Whether there is blind text anywhere: nothing real has it."""
    return _BLIND in _plain(text)


def _plain(text: str) -> bytes:
    """In small letters, one byte a character: in bytes, words are found twice as fast."""
    return text.encode("ascii", "replace").lower()
