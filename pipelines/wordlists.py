"""The words by which a prompt is told that cannot stand alone, a few languages each. Pure data."""

# ruff: noqa: RUF001 - apostrophes and quotation marks of real pages
from __future__ import annotations

from typing import Final, NamedTuple

from pipelines.verbs import BASES, OTHERS, forms, inflected


class Words(NamedTuple):
    """The words of one language; ``openers`` are phrases in small letters."""

    openers: frozenset[str]
    verbs: frozenset[str]
    bases: frozenset[str]  # of the verbs, forms that may be nouns, too: "list", "filter"
    endings: tuple[str, ...]
    pronouns: frozenset[str]  # "Fork it off": what, the prompt does not say
    owners: frozenset[str]  # "Despite its name": whose, it does not say
    pointing: frozenset[str]  # "You see that this process": which, it does not say
    pointers: tuple[str, ...]  # to another place of the page


def _openers(phrases: str) -> frozenset[str]:
    return frozenset(phrase.strip() for phrase in phrases.split(","))


_ENGLISH: Final = Words(
    _openers(
        "it, it's, it’s, its, this, that, that's, that’s, these, those, they, they're, they’re, "
        "their, he, he's, he’s, she, she's, his, her, hers, him, them, both of them, such, "
        "the former, the latter, the other, the others, another, others, the same, the above, "
        "and, or, but, nor, so, yet, also, too, then, thus, hence, therefore, however, "
        "moreover, furthermore, besides, additionally, in addition, nevertheless, nonetheless, "
        "otherwise, instead, similarly, likewise, conversely, consequently, accordingly, "
        "as a result, as such, as an alternative, as a fallback, "
        "in this, in that, in these, in those, in such, in this case, in "
        "contrast, in other words, in particular, in turn, at this, at that, on the other hand, "
        "on the contrary, for this, for that, for these, for those, for example, for instance, "
        "for more, for further, for details, for the same, from this, from that, from these, "
        "with this, with that, with these, by this, because of this, because of that, due to "
        "this, to this end, to do this, to do so, to that end, after this, after that, "
        "after which, before this, before that, "
        "when this, when that, when it, when they, if this, if that, if it, if they, if these, "
        "if so, if not, since this, since it, since they, while this, while it, while these, "
        "although it, although this, though it, once this, once it, once that, unless it, unless "
        "this, because it, because they, as it, as this, as these, as they, as above, as before, "
        "as mentioned, as noted, as shown, as described, as you can see, as with, even so, even "
        "if it, even then, still, again, finally, lastly, next, second, secondly, third, thirdly, "
        "first, firstly, here, here's, here’s, here is, here are, there, therein, thereafter, "
        "meanwhile, later, earlier, previously, afterwards, "
        "afterward, subsequently, above, below, see, see also, cf, note, note that, also note, "
        "note also, notice, notice that, of these, of those, of course, one of these, one of "
        "them, each of these, each of those, each of them, some of these, some of them, many of "
        "these, many of them, most of these, most of them, all of these, all of this, all of "
        "them, all this, all these, all those, none of these, none of them, neither, either, "
        "either way, both, any of these, any of them, any such, every such, each such, one such, "
        "yes, no, ok, okay, well, indeed, in fact, that is, i.e, e.g, namely, which, who, whose, "
        "whom, where, whereas, because, the following, the first, the second, "
        "the third, the last, the next, the previous, the preceding, the remaining, the rest, "
        "the result, the resulting, the only, the above-mentioned, the new, the two, the three, "
        "the idea here, the reason, the problem, the difference, the answer, the example, "
        "the output, the example above, the code above, another example, "
        "another way, one way, one difference, one advantage, one disadvantage, one problem, "
        "one reason, one example, two, same, similar, more, less, likewise, "
        "only meaningful, only useful, only valid, only used, read, default is, defaults to, "
        "example, whether, let, how to, what to, where to, when to, in other cases, "
        "in most cases, in either case, in both cases, "
        "in any case, in the first case, in the second case, in the former, in the latter, "
        "from then on, in the other direction, in the opposite direction, most noticeably, most "
        "notably, notably, in the same spirit, in the simplest case, in the simplest cases, "
        "as one can, as you can, as you may, as you might, as explained, "
        "as discussed, as seen, one is, "
        "usually the, since then, until then, by then, at the time, at that time, other, one day, "
        "please see, please note, please refer, please read, please consult, refer to, "
        "consult the, now is, you are here, "
        "unfortunately, fortunately, luckily, sadly, surprisingly, interestingly, obviously, "
        "clearly, naturally, hopefully, thankfully, normally, ideally, actually, basically, "
        "essentially, specifically, alternatively, optionally, again, ditto, "
        "now, your, today, yesterday, currently, recently, future, sometimes the, often the, "
        "we, we'll, we’ll, we've, we’ve, we're, we’re, our, us, let's, let’s, let us, i, i'm, "
        "i’m, i've, i’ve, i'd, i’d, i'll, i’ll, my, me"
    ),
    forms(BASES)
    | inflected(OTHERS)
    | frozenset(
        "is are was were be been being am isn't aren't wasn't weren't has had hasn't haven't "
        "hadn't does did done doesn't don't didn't can could can't cannot couldn't will would "
        "won't wouldn't shall should shouldn't may might must mustn't became began built bought "
        "brought came chose cut drew fell felt found gave given got gone went grew held kept "
        "knew known laid led left lent lost made meant met paid put ran read rose said sat saw "
        "seen sent shown sold spent split spoke stood took taken taught thought told threw "
        "understood won wore wrote written lies let's here's there's that's it's you're we're "
        "they're what's who's how's isn’t aren’t wasn’t doesn’t don’t didn’t can’t won’t "
        "wouldn’t shouldn’t couldn’t hasn’t haven’t it’s that’s there’s you’re we’re they’re "
        "you’ll you'll you've you’ve ain't forgot forgave hid bit blew caught crept dealt dug fed "
        "fled fought hung lit lay slept slid sought stuck struck swept swung wept shone shot "
        "need needn't dare ought defaults fires".split()
    ),
    frozenset(BASES.split()),
    tuple("ed ize izes ises ifies n't n’t 'll ’ll 're ’re 've ’ve".split()),
    frozenset(("it", "them")),
    frozenset("it its they their them he his she her".split()),
    frozenset("this these those such".split()),
    (
        " that command",
        " that option",
        " that process",
        " that purpose",
        " that request",
        " that setting",
        " that with ",
        " them as ",
        "next section",
        " so far",
    ),
)
_GERMAN: Final = Words(
    _openers(
        "er, sie, es, ihn, ihm, ihnen, ihr, ihre, sein, seine, dies, diese, dieser, dieses, "
        "diesen, diesem, das, jene, jener, jenes, solche, solcher, solches, dessen, deren, und, "
        "oder, aber, sondern, denn, doch, auch, dann, danach, daher, darum, deshalb, deswegen, "
        "somit, folglich, dadurch, damit, dabei, dafür, dagegen, daraus, darauf, darin, daran, "
        "darunter, darüber, davon, davor, dazu, demnach, dennoch, trotzdem, jedoch, allerdings, "
        "außerdem, zudem, ferner, weiterhin, ebenso, ebenfalls, andernfalls, ansonsten, sonst, "
        "stattdessen, hingegen, hier, hierbei, hierfür, hierzu, hiermit, dort, so, also, zum "
        "beispiel, beispielsweise, in diesem, in dieser, in diesen, in solchen, bei diesem, bei "
        "dieser, mit diesem, mit dieser, auf diese, aus diesem, nach diesem, zu diesem, für "
        "diesen, für diese, im folgenden, im obigen, wie oben, siehe, siehe auch, vgl, "
        "beachten sie, schließlich, zuletzt, erstens, zweitens, drittens, zunächst, einerseits, "
        "andererseits, letztere, letzterer, erstere, ersterer, beide, beides, ja, nein, wobei, "
        "weil, während dieser, wenn dies, wenn sie dies, falls dies, falls es, wir, unser, ich, "
        "mein, leider, glücklicherweise, alternativ, "
        "der erste, der zweite, der letzte, die erste, die zweite, die letzte, die folgenden, "
        "die folgende, der folgende, das folgende, ein weiteres, eine weitere, ein anderer"
    ),
    frozenset(
        "ist sind war waren bin bist sei seien wäre wären wird werden wurde wurden würde würden "
        "hat haben hatte hatten hätte habe kann können konnte könnte könnten muss müssen musste "
        "müsste soll sollen sollte sollten darf dürfen durfte dürfte will wollen wollte mag mögen "
        "möchte lässt lassen gibt geben gab geht gehen ging kommt kommen kam macht machen steht "
        "stehen liegt liegen heißt heißen bleibt bleiben bietet bieten enthält enthalten erlaubt "
        "ermöglicht verwendet verwenden nutzt nutzen benötigt brauchen braucht führt findet "
        "finden zeigt zeigen wählen wählt setzt setzen stellt stellen gehört gehören besteht "
        "bestehen läuft laufen hält halten nimmt nehmen sieht sehen lesen liest schreibt gilt "
        "gelten beginnt endet entspricht hilft erscheint erfolgt entsteht dient bedeutet".split()
    ),
    frozenset(),
    tuple("ieren iert ierte te ten test st elt ert igt cht".split()),
    frozenset(("es", "sie", "ihn")),
    frozenset("ihr ihre ihren ihrer ihrem sein seine seinen seiner seinem".split()),
    frozenset("dies diese dieser dieses diesen diesem solche solchen".split()),
    (" oben ", " unten ", "oben genannt", "obigen ", "folgenden abschnitt", "nächsten abschnitt"),
)
_FRENCH: Final = Words(
    _openers(
        "il, elle, ils, elles, lui, leur, leurs, ce, c'est, c’est, cela, ceci, ça, cet, cette, "
        "ces, celui-ci, celle-ci, ceux-ci, celles-ci, celui, celle, ceux, son, sa, ses, et, ou, "
        "mais, donc, or, car, puis, alors, ensuite, enfin, ainsi, aussi, également, de plus, en "
        "outre, cependant, toutefois, pourtant, néanmoins, par conséquent, c'est pourquoi, c’est "
        "pourquoi, dans ce, dans cet, dans cette, dans ces, à ce, à cet, à cette, de ce, de cette, "
        "pour ce, pour cela, pour cette, avec ce, avec cette, par exemple, en effet, en revanche, "
        "au contraire, sinon, ici, là, y, en, voir, voir aussi, notez, notez que, notons, "
        "d'abord, d’abord, premièrement, deuxièmement, le premier, la première, le second, la "
        "seconde, le dernier, la dernière, le même, la même, les deux, tous deux, oui, non, on, "
        "nous, notre, nos, je, mon, ma, mes, un autre, une autre, d'autres, d’autres, "
        "malheureusement, heureusement, lorsque cela, si cela, s'il, s’il, comme cela"
    ),
    frozenset(
        "est sont était étaient sera seront serait soit soient fut furent a ont avait avaient aura "
        "auront aurait ait peut peuvent pouvait pourra pourrait doit doivent devait devra devrait "
        "faut fait font faisait fera va vont allait veut veulent vient viennent permet permettent "
        "existe existent reste restent semble contient contiennent offre propose proposent "
        "utilise utilisent donne donnent prend prennent met mettent trouve trouvent suffit "
        "s'agit s’agit n'est n’est n'a n’a c'est c’est qu'est dit sait voit tient rend "
        "dispose fournit fournissent consiste correspond dépend signifie sert".split()
    ),
    frozenset(),
    tuple("ez ons ent ait aient era eront irait erait".split()),
    frozenset(("cela", "ceci")),
    frozenset("son sa ses leur leurs".split()),
    frozenset("cet cette ces cela ceci".split()),
    ("ci-dessus", "ci-dessous", "plus haut", "plus bas", "section précédente", "section suivante"),
)
_SPANISH: Final = Words(
    _openers(
        "él, ella, ellos, ellas, ello, lo, la que, los que, esto, eso, aquello, este, esta, "
        "estos, estas, ese, esa, esos, esas, su, sus, y, e, o, u, pero, sino, luego, después, "
        "entonces, así, también, además, sin embargo, no obstante, por lo tanto, por tanto, por "
        "eso, por ello, por esto, por ejemplo, en este, en esta, en estos, en estas, en ese, en "
        "esa, en cambio, en efecto, en consecuencia, de este, de esta, a este, a esta, con este, "
        "con esta, para esto, para ello, para este, aquí, ahí, allí, véase, ver, ver también, "
        "note, nótese, tenga en cuenta, primero, segundo, finalmente, por último, el primero, la "
        "primera, el segundo, la segunda, el último, la última, el mismo, la misma, ambos, ambas, "
        "los dos, sí, no, nosotros, nuestro, nuestra, yo, mi, otro, otra, otros, otras, "
        "desafortunadamente, afortunadamente, si esto, si no, cuando esto, como esto"
    ),
    frozenset(
        "es son era eran fue fueron será serán sería sea sean está están estaba estaban ha han "
        "había habían hay haya tiene tienen tenía puede pueden podía podrá podría debe deben "
        "debía debería hace hacen va van viene vienen permite permiten existe existen contiene "
        "contienen ofrece utiliza utilizan usa usan da dan encuentra necesita sirve consiste "
        "depende significa dice sabe ve pone quiere queda".split()
    ),
    frozenset(),
    tuple("aba aban ía ían aron ieron ará erá irá arán amos emos ó".split()),
    frozenset(("esto", "eso")),
    frozenset(("su", "sus")),
    frozenset("este esta estos estas ese esa esos esas".split()),
    ("más arriba", "más abajo", "sección anterior", "sección siguiente", "siguiente sección"),
)
WORDS: Final = {"en": _ENGLISH, "de": _GERMAN, "fr": _FRENCH, "es": _SPANISH}
