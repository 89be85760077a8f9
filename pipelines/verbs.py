"""English verbs and their forms, by which sentences are told from mere phrases. Pure data."""

from __future__ import annotations

from typing import Final


def forms(bases: str) -> frozenset[str]:
    """English verbs with their -s, -es, -ed and -d; what is irregular stands in the list."""
    forms = set()
    for base in bases.split():
        forms |= {base, f"{base}s", f"{base}es", f"{base}ed", f"{base}d"}
        if base.endswith("y"):
            forms |= {f"{base[:-1]}ies", f"{base[:-1]}ied"}
        forms.add(f"{base}{base[-1]}ed")
    return frozenset(forms)


def inflected(bases: str) -> frozenset[str]:
    """The forms of verbs without the verbs themselves, which are nouns, too: "attacks"."""
    return forms(bases) - frozenset(bases.split())


# What a sentence begins with that gives an order.
BASES: Final = (
    "accept access achieve act add adjust affect agree aim allow answer appear append apply "
    "argue arrange ask assign assume attach attempt avoid back base become begin behave "
    "belong boot build call cause change check choose claim clean clear click close collect "
    "combine come comment commit compare compile complete compress compute conclude configure "
    "confirm connect consider consist construct consult contain continue control convert copy "
    "correspond cost count cover create cut decide declare decode decrypt define delete "
    "deliver depend describe design destroy detect determine develop differ disable discard "
    "discuss display divide do document download draw drop edit employ enable encode "
    "encounter encourage encrypt end enforce ensure enter establish evaluate examine exceed "
    "exchange execute exist exit expand expect explain export express extend extract fail "
    "feature feel fetch fill filter find finish fit fix flush focus follow force form format "
    "fulfil function generate get give go grant grow guarantee guess handle happen have help "
    "hide hold host identify live ignore illustrate implement imply import improve include "
    "increase indicate inform inherit initialize insert insist inspect install instruct "
    "intend interact interpret introduce invoke involve issue join jump keep kill know lack "
    "last lead learn leave let lie like limit link list live load locate lock log look lose "
    "make manage map mark match matter mean measure merge mention migrate modify monitor move "
    "need note notice obtain occur offer open operate optimize order organize output overflow "
    "overlap override own pack parse pass pay perform permit pick place plan play point "
    "populate possess post prefer prepare present preserve press prevent print proceed "
    "process produce promise protect prove provide publish pull push put query raise reach "
    "react read receive recognize recommend record recover reduce refer reflect refuse "
    "register regard relate release rely remain remember remove rename render repeat replace "
    "reply report represent request require reserve reset resolve respond restart restore "
    "restrict result resume retain retrieve return reveal reverse rewrite rise rotate round "
    "run save say scan search see seek seem select send separate serve set share shift show "
    "sign sit skip solve sort speak specify split stand start state stay stop store strip "
    "suggest supply support suppose surprise switch take talk tell tend terminate test thank "
    "think touch track transfer transform translate treat trigger trust try turn type "
    "maintain adapt activate deactivate fall descend acquire adopt alter analyze announce "
    "arrive assert bind bring calculate canonicalize carry catch characterize communicate "
    "comply conform consume contribute deal decrease deny derive distinguish distribute "
    "eliminate embed emit emulate enhance exclude expire expose facilitate forbid forward "
    "gather hinder impose infer initiate inject integrate interfere iterate justify launch "
    "manipulate negotiate notify observe omit originate overwrite persist precede predict "
    "prohibit propagate prune pursue rebuild recall reconstruct redirect refine reject reload "
    "replicate reproduce resemble reside resist revert revoke satisfy shrink simplify "
    "simulate submit substitute succeed suffer suffice supersede surround survive suspend "
    "synchronize tolerate traverse unify utilize finalize imagine backport refactor "
    "abort suppress honor squash rebase checkout tweak rework reorganize optimise skip "
    "understand undo update upgrade upload use validate vary verify view violate visit wait "
    "walk want warn wish wonder work worry wrap write yield translate truncate "
    "break swap mount bypass amend"
)
# Those of other texts than manuals.
OTHERS: Final = (
    "absorb accelerate accompany accomplish accuse advance advise appeal appoint approach "
    "approve arrest assess assist attack attend attract award ban beat blame block borrow "
    "breathe burn bury campaign celebrate challenge claim climb collapse compete complain "
    "comprise concentrate concern condemn conduct confess confront constitute contact contrast "
    "cook cost crash criticize cross cry damage dance debate decline defeat defend delay demand "
    "demonstrate deserve desire dig dominate doubt draft drink drive dry earn eat echo elect "
    "emerge emphasize encompass enjoy escape estimate evolve explode explore face fear feed "
    "fight fly fund gain greet guide hang hate hear heat hit hope host hunt hurt incorporate "
    "injure invent invest invite kick kill knock laugh lift listen love melt miss motivate "
    "nominate oppose owe paint perceive plant pledge pour praise pray promote prompt propose "
    "prosecute purchase race rain range rank reckon regulate rent rescue research resign "
    "respect retire reveal ride ring risk roll rule rush score seal secure seize sell shake "
    "shape shoot shout shut sing sink sleep slide slip slow smell smile smoke span spell spin "
    "spread steal stem stick stimulate strike struggle study sue summarize surge surrender "
    "survey sweep swim target teach tear threaten tie tour trade train travel twist unite urge "
    "vote wake wash wear weigh welcome win withdraw witness "
)
