"""The words by which the sentence splitter mends its borders, a few languages each. Pure data.

A language without an entry is not guessed at: only what its letters show is used.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Lexicon(NamedTuple):
    """The words of one language, see the tables below for their spelling.

    ``starters`` are words that, with a capital and after a full stop, begin a sentence whatever
    stands before; ``functions`` are words that in lower case never begin one; after
    ``never_final`` abbreviations (lower case, without their stop) a sentence goes on; after one
    of ``determiners`` a number with a full stop counts ("die 2. Auflage").
    """

    starters: frozenset[str] = frozenset()
    functions: frozenset[str] = frozenset()
    never_final: frozenset[str] = frozenset()
    determiners: frozenset[str] = frozenset()


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ENGLISH: Final = Lexicon(
    _words(
        "The This That These Those There Then They He She It We You His Her Its Our Their My "
        "A An If In On At As But And When While Where Why What Who How Some Many Most All Each "
        "Every Another Other Both However Thus Hence Also For From To With By After Before "
        "Since Until Because Although Though Unless Instead Once Here Now Did Does Is Are Was "
        "Were Can Could Would Will Should Not Only Such One Two Please Today Yesterday Use See"
    ),
    _words(
        "the a an of in on at to for from by with without and or nor but as is are was were be "
        "been being has have had do does did will would can could may might must should that "
        "this these those which who whom whose where when while if then than not it its he she "
        "they we you his her their our your so such also only just about into onto over under "
        "between through during before after because although since until per via said says "
        "asked cannot"
    ),
    _words(
        "mr mrs ms dr prof mt messrs gen sen rep gov capt col lt sgt maj cmdr adm hon rev "
        "fr pres vs v cf e.g i.e eg ie viz fig figs eq eqs sec sect ch chap vol pp approx ca "
        "resp al i.a a.k.a ed eds trans proc n°"
    ),
)
_GERMAN: Final = Lexicon(
    _words(
        "Der Die Das Den Dem Des Ein Eine Einen Einem Einer Er Es Wir Ich Man Dies Diese Dieser "
        "Dieses Diesen Dort Dann Da Danach Damit Dabei Daher Dazu Doch Aber Und Oder Auch Auf "
        "Aus Am An Im In Bei Beim Bis Nach Nun Nur Mit Ohne Seit Seine Seit Seitdem So Sobald "
        "Sogar Für Vom Von Vor Zu Zum Zur Wenn Weil Wer Was Wie Wo Warum Als Ob Obwohl Hier "
        "Heute Jetzt Jede Jeder Jedes Kein Keine Nicht Sein Viele Während Alle Allerdings Bevor "
        "Noch Um Unter Über Weitere Zwar Ihr Ihre Sie Mein Meine Unser Unsere Gestern"
    ),
    _words(
        "der die das den dem des ein eine einen einem einer und oder aber als auch auf aus bei "
        "bis für im in ist sind war waren wird werden wurde wurden hat haben hatte mit nach "
        "nicht noch nur ob ohne sich sie er es wir so um unter über von vom vor wenn weil wie "
        "zu zum zur dass daß sagte fragte"
    ),
    _words(
        "hr hrn fr dr prof ing dipl st nr z.b z b d.h d h bzw vgl s o.g sog u.a i.d.r ca evtl "
        "ggf inkl exkl zzgl abs art bd kap abb tab mind max min v.a e.v geb gest"
    ),
    _words("der die das den dem des im am vom zum zur beim ihr ihre sein seine jeder jede"),
)
_FRENCH: Final = Lexicon(
    _words(
        "Le La Les Un Une Des Du Ce Cet Cette Ces Il Elle Ils Elles On Nous Vous Je Tu Mon Ma "
        "Mes Son Sa Ses Leur Leurs Notre Nos Mais Et Ou Donc Or Car Puis Alors Ensuite Enfin "
        "Ainsi Aussi Avec Sans Pour Par Dans En Sur Sous Après Avant Depuis Pendant Quand Lorsque "
        "Si Comme Comment Pourquoi Où Qui Que Quoi Quel Quelle Tous Toutes Chaque Plusieurs Ici "
        "Là Cependant Toutefois Pourtant Voici Voilà Au Aux De À Cela Ceci"
    ),
    _words(
        "le la les un une des du de d et ou mais donc or car ni que qui dont où ce cet cette ces "
        "il elle ils elles on nous vous je tu est sont était étaient a ont avait sera dans en sur "
        "sous par pour avec sans au aux à ne pas plus si comme se sa son ses leur leurs dit "
        "répondit"
    ),
    _words("m mm mme mmes mlle mlles dr pr st ste cf p pp vol chap fig art n° no av bd tél ex"),
)
_SPANISH: Final = Lexicon(
    _words(
        "El La Los Las Lo Un Una Unos Unas Este Esta Estos Estas Esto Ese Esa Eso Esos Esas Él "
        "Ella Ellos Ellas Yo Tú Usted Ustedes Nosotros Su Sus Mi Mis Nuestro Nuestra Pero Y O "
        "Luego Después Entonces Así También Además Con Sin Para Por En De Del Al A Desde Hasta "
        "Cuando Si Como Cómo Donde Dónde Que Qué Quien Quién Cual Todos Todas Cada Muchos Muchas "
        "Aquí Ahora Hoy Sin Sobre Tras Entre Aunque Porque Según Ayer Se No"
    ),
    _words(
        "el la los las lo un una unos unas y e o u pero sino que quien cual cuyo donde cuando si "
        "como de del al a en con sin por para sobre entre hasta desde es son era eran fue fueron "
        "ha han había ser está están su sus se no ni más muy dijo preguntó"
    ),
    _words(
        "sr sra srta sres dr dra d dña don prof lic ing p.ej p ej pág págs vol cap núm fig art cf "
        "vs ee av avda c gral cnel"
    ),
)
_ITALIAN: Final = Lexicon(
    _words(
        "Il Lo La I Gli Le Un Uno Una Questo Questa Questi Queste Quello Quella Egli Lui Lei Loro "
        "Noi Voi Io Ma E Poi Dopo Quindi Così Anche Con Senza Per Da Dal Dalla In Nel Nella Su "
        "Sul Sulla Quando Se Come Dove Perché Chi Che Cosa Ogni Tutti Tutte Molti Oggi Ora Qui "
        "Non Si Suo Sua"
    ),
    _words(
        "il lo la i gli le un uno una e ed o ma che chi cui dove quando se come di del della dei "
        "da dal in nel nella con su per tra fra è sono era erano ha hanno non si disse chiese"
    ),
    _words("sig sigg sig.ra dott dott.ssa prof ing avv on s p pag pagg cfr vol cap fig art es"),
)
_PORTUGUESE: Final = Lexicon(
    _words(
        "O A Os As Um Uma Este Esta Estes Estas Isto Esse Essa Isso Ele Ela Eles Elas Eu Nós "
        "Você Vocês Seu Sua Mas E Ou Depois Então Assim Também Além Com Sem Para Por Em No Na Nos "
        "Nas De Do Da Desde Até Quando Se Como Onde Que Quem Cada Todos Todas Muitos Hoje Agora "
        "Aqui Não Ontem"
    ),
    _words(
        "o a os as um uma e ou mas que quem onde quando se como de do da dos das em no na nos nas "
        "com sem por para é são era eram foi foram há não disse perguntou"
    ),
    _words("sr sra srs dr dra prof profa eng pág págs vol cap fig art p.ex ex cf av d dna"),
)
_DUTCH: Final = Lexicon(
    _words(
        "De Het Een Dit Dat Deze Die Hij Zij Ze Wij We Ik Je Jij U Er Daar Daarna Dan Toen Maar "
        "En Of Ook Met Zonder Voor Van In Op Aan Bij Naar Na Om Als Wanneer Waar Waarom Wie Wat "
        "Hoe Alle Elke Ieder Veel Hier Nu Vandaag Niet Geen Zijn Haar Hun Gisteren"
    ),
    _words(
        "de het een en of maar dat die dit deze wie wat waar als toen van in op aan bij met naar "
        "om over voor tot uit door is zijn was waren wordt worden werd heeft hebben had niet ook "
        "zei vroeg"
    ),
    _words("dhr mevr mw dr prof ir ing mr drs bijv bv d.w.z o.a t.a.v ca nr blz p fig art vgl st"),
)

LEXICONS: Final[dict[str, Lexicon]] = {
    "en": _ENGLISH,
    "de": _GERMAN,
    "fr": _FRENCH,
    "es": _SPANISH,
    "it": _ITALIAN,
    "pt": _PORTUGUESE,
    "nl": _DUTCH,
    # Scripts without capitals: what capitals there are stand in English words.
    **dict.fromkeys(("ja", "zh", "ko", "th", "ar", "he", "fa", "hi"), _ENGLISH),
}
NO_LEXICON: Final = Lexicon()
