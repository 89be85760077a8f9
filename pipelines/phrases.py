# ruff: noqa: RUF001 - signs of many scripts are what the patterns are about
"""The words by which pages say what is not their article: one pattern a purpose. Pure.

Patterns are anchored: a line is such a line from its first word to its last, or begins so. The
languages are those of the pages that they were tried on.
"""

from __future__ import annotations

import re
from typing import Final


class Lines:
    """Lines that begin in one of some ways, or have one of some things in them.

    >>> lines = Lines("by|from", anywhere=("[.]com",))
    >>> [bool(lines.search(text)) for text in ("From Berlin", "See from", "At a.com")]
    [True, False, True]
    """

    def __init__(self, *starts: str, anywhere: tuple[str, ...] = ()) -> None:
        self._start = _any_of(starts)
        self._anywhere = _any_of(anywhere) if anywhere else None

    def search(self, text: str) -> re.Match[str] | None:
        """Where the line is such a line: each way to begin is tried at its beginning only."""
        found = self._start.match(text)
        return found or (self._anywhere.search(text) if self._anywhere else None)


def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


_WORD_END: Final = r"(?:[-_\s]|$)"

# Classes and ids, by whole words: "post-comments" and "comments", not "commentary".
NOISE_NAME: Final = re.compile(
    r"(?:^|[-_\s])(?:comments?|commentlist|disqus|respond|related|recommended|recirc|"
    r"newsletter|subscribe|subscription|sign-?up|share|sharing|sharedaddy|social|promo|sponsored|"
    r"advert(?:isement)?|ads?|breadcrumbs?|byline|dateline|author-?bio|about-?author|post-?meta|"
    r"entry-?meta|article-?meta|tags|tag-?list|tagcloud|wp-caption-text|caption|photo-?credit|"
    r"credit|toc|pagination|pager|most-?popular|trending|cookie|consent|gdpr|"
    r"read-?more|see-?also-?links|more-?on|footer|widget|popup|modal|toolbar|"
    r"utility|(?:left|right|side)[-_]?rail|runaround|headlines?-only|print-?only|noprint|metadata|hatnote|navbox|catlinks|infobox-?below)"
    + _WORD_END,
    re.IGNORECASE,
)

COMMENTS_HEADING: Final = Lines(
    r"^\W*(?:\d+\s+)?(?:reader|visitor|user|latest|all|recent)?\s*comments?"
    r"(?: add your comment|\W*\d*\W*)$",
    r"^(?:leave|post|add|write) (?:a|your) (?:comment|reply)\b",
    r"^\d+ (?:responses?|replies|thoughts) (?:to|on)\b",
    r"^(?:visitor|reader|user) (?:opinions|reviews)\b.{0,30}$|"
    r"^add your (?:opinion|review|thoughts)\b.{0,30}$",
    r"^(?:join the (?:conversation|discussion)|reader discussion)\b",
    r"^(?:\d+ )?(?:kommentare?|commentaires?|comentarios?|commenti|reacties|komentarze|"
    r"комментарии)\b.{0,20}$",
)

# What stands below the heading of comments, and not below that of a section about them.
COMMENTS_LINE: Final = Lines(
    r"^(?:please )?(?:log ?in|sign in|register)\b|^(?:post|add|write|leave|show|view|expand|follow)"
    r"\b.{0,20}\bcomments?\b|^(?:report|reply)\b|^\d+ comments?$|^posted\b.{0,40}\d{4}",
)

ASIDE_HEADING: Final = Lines(
    r"^(?:you (?:might|may) (?:also|be) (?:like|interested)|more (?:from|on|stories|must-reads)|"
    r"related(?: (?:articles?|stories|posts?|links|content|topics?|tags?|coverage|reading|"
    r"news))?:?$|"
    r"(?:most|more) (?:popular|read|viewed|shared)|recommended(?: for you)?:?$|trending|"
    r"read (?:next|more|also):?$|(?:further|recommended) reading:?$|what to read next|"
    r"don[’']t miss|up next|latest (?:news|stories)|popular (?:posts|stories|now)|in other news|"
    r"editor[’']?s[’']? (?:picks?|choice)|sponsored(?: (?:content|links))?:?$|advertisement:?$|"
    r"(?:share|follow)(?: (?:this|us|on)\b.{0,30})?:?$|"
    r"(?:sign up|subscribe)(?: (?:for|to)\b.{0,60})?:?$|newsletter|story highlights:?$|"
    r"tags:?$|filed under|topics:?$|about the authors?:?$|table of contents:?$|on this page:?$|"
    r"(?:article )?contents:?$|see also:$|see more:$|also:$|more about\b.{1,60}:$|"
    r"(?:latest|top|more|other|recent) (?:[\w&]+ ){0,3}(?:news|headlines|stories|articles|posts|"
    r"videos):?$|top searches:?$|connect with us\b.{0,30}$)",
    r"^(?:auch interessant|mehr zum thema|das könnte (?:sie|dich)|lesen sie (?:auch|mehr)|"
    r"weitere (?:artikel|themen)|inhaltsverzeichnis$|verwandte)",
    r"^(?:à lire aussi|lire aussi|sur le même (?:sujet|thème)|articles? liés?|sommaire$)",
    r"^(?:noticias relacionadas|te puede interesar|más (?:sobre|información|noticias)|lea también|"
    r"comentar$|índice$)",
    r"^(?:leggi anche|potrebbe interessarti|articoli correlati|indice$)",
    r"^(?:lees ook|meer over|zobacz (?:też|także)|czytaj (?:też|także)|читайте также|"
    r"leia (?:também|mais)|veja também|関連(?:記事|キーワード)|延伸阅读)",
    r"^(?:推荐(?:新闻|阅读|文章)|相关(?:阅读|新闻|文章|推荐)|热门(?:推荐|新闻|文章)|精彩推荐|猜你喜欢|新闻评论|热词|图集)\s*[:：]?$",
)

# Lines that point elsewhere, when a good part of them is a link.
POINTER: Final = Lines(
    r"^\[.*\]$|^\(\s?(?:see|read|more|watch)\b.*\)$",
    r"^[\W_]*(?:(?:read|see|watch|listen|also|related|more|next|previous|"
    r"download)\b[^.]{0,24}[:»>–—-]|"
    r"read (?:more|also|next|the full)|see also|related\b|more (?:on|from|about)\b|also read|"
    r"continue reading|click here|(?:watch|listen)(?: now)?\s*[:|])",
    r"^[\W_]*(?:mehr|lesen sie|siehe auch|lesen)\b[^.]{0,30}[:»>]|^[\W_]*(?:lire aussi|à lire|"
    r"voir aussi)\b",
    r"^[\W_]*(?:lea|lee|vea|ver) (?:también|más)|^[\W_]*(?:leggi anche|lees ook|leia (?:também|"
    r"mais))",
    r"^(?:learn|read|find out|discover) more\b",
    r"^now read\b|^(?-i:[A-Z]{3,}(?: [A-Z]+){0,2}): ",
    anywhere=(r"(?:»|›|>>|→|\bread more|\bmore)\W*$",),
)

CREDIT: Final = Lines(
    r"^[\W_]*(?:(?:pool |file |handout )?photo(?:graph)?|image|picture|illustration|"
    r"credit|foto|bild|photo credit|image credit|courtesy|screenshot)s?\s*"
    r"(?:by|:|©|courtesy|/|of\b|via)",
    r"^[\W_]*courtesy(?: of)? [\w. ]{2,40}$",
    r"^[\W_]*(?:image|photo) caption\b",
    r"^\(?(?:ap|afp|reuters|getty images|epa|dpa|wikimedia commons|shutterstock|istock|flickr|"
    r"thinkstock|associated press|ap photo|us navy)(?: ?/ ?[\w .]{2,40})?\)?$",
    r"^[\w .’'-]{2,60}/\s?(?:getty images|reuters|ap|afp|shutterstock|associated press|epa|"
    r"istock|bloomberg)\W*$",
    r"^©\s?[\w .,/]{2,50}$",
)

FURNITURE: Final = Lines(
    r"^[\W_]*(?:advertisement|story continues below(?: advertisement)?|loading(?: \w+){0,3}|"
    r"share(?: (?:this|on|via)\b.{0,40})?|print(?: this)?(?: (?:page|article))?|"
    r"email(?: this)?(?: (?:article|story))?|tweet|pin it|"
    r"(?:view |post |show )*comments?|\d+ comments?|reply|save|"
    r"back to top|top of page|skip to (?:main )?content|jump to navigation|"
    r"play(?: video)?|hide caption|toggle caption|enlarge(?: image)?|"
    r"(?:text|font) size|view as one page|next page|previous page|page \d+ of \d+|"
    r"(?:link|digg) this|reprints|be the first to comment|(?:blog )?comments powered by \w+|"
    r"(?:like|follow) us on \w+|\(source\)|end quote\b.{0,80}|"
    r"\d{1,2}:\d\d(?::\d\d)?\s*/\s*[-\d:]+|(?-i:(?:VIDEO|GALLERY|PHOTOS|SLIDESHOW): .{3,100})|"
    r"点击进入.{0,20}|(?:上一篇|下一篇)\s*[:：]?|没有了|加载更多|"
    r"close|menu|search|log ?in|sign ?in|register|subscribe(?: now)?|sign up(?: now)?|"
    r"anzeige|werbung|publicidad|publicité|pubblicità|advertentie|реклама|広告|このニュースをシェア)[\W_]*$",
)

_MONTH: Final = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY: Final = (
    r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,? |(?:mon|tue|wed|thu|fri|sat|sun),? )?"
)
_DATE: Final = (
    rf"(?:{_DAY}(?:{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}|\d{{1,2}}(?:st|nd|rd|"
    rf"th)? {_MONTH},? \d{{4}})|"
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{4}年\d{1,2}月\d{1,2}日)"
)

DATE_LINE: Final = Lines(
    rf"^(?:(?:published|posted|updated|last (?:updated|modified)|created|date|first published)\b"
    rf"[^.\d]{{0,30}})?{_DATE}(?:[\sT,|@•·-]*(?:at )?\d{{1,2}}[:.]\d{{2}}(?::\d{{2}})?\s?"
    rf"(?:[ap]\.?m\.?)?"
    rf"(?:\s?\(?[A-Z]{{2,4}}\)?)?)?\W*$",
    r"^(?:(?:originally )?(?:published|posted)|updated|last (?:updated|modified)|"
    r"first published)\b[^.]{0,60}\d{4}[^.]{0,30}$",
    r"^\d+ (?:minutes?|hours?|days?|weeks?|months?) ago$",
    r"^\d{1,2}[:.]\d{2}(?::\d{2})? ?(?:[ap]\.?m\.?)?(?: [A-Z]{2,4})?$",
    r"^\d+\s?(?:min(?:ute)?s?)[ -]?(?:read|de lecture|lesezeit)$",
)

# A name, or a few, and perhaps a date: nothing else.
_NAME: Final = r"[A-Z][\w.’'-]+(?: (?:de|van|von|der|la|[A-Z][\w.’'-]*)){1,4}"
BYLINE: Final = re.compile(
    rf"^(?:[Bb]y|BY|[Vv]on|[Pp]ar|[Pp]or) {_NAME}(?:(?:, | and | & ){_NAME})*"
    rf"(?:[ ,|·-]+(?i:{_DATE}).{{0,20}})?$"
)

# The end of what a picture shows: who took it, for which agency.
_PHOTO_AGENCY: Final = r"(?:AP Photo|Getty Images|EPA|Shutterstock|iStock|Associated Press)"
_AGENCY: Final = rf"(?:{_PHOTO_AGENCY}|AP|AFP|Reuters|REUTERS)"
CAPTION_CREDIT: Final = re.compile(
    rf"\b{_PHOTO_AGENCY} ?/ ?[A-Z][a-z][\w .’'-]{{1,40}}\)?$|[a-z] ?/ ?{_AGENCY}\)?$|"
    rf"\([^()]{{2,80}} / [A-Z][^()]{{2,60}} / (?i:{_DATE})\)$"
)

# Who wrote it, or for which agency, marked up as a heading.
NO_HEADING: Final = re.compile(
    rf"^(?i:by|von|par|por) {_NAME}\b.{{0,60}}(?:(?i:{_DATE})|(?i:"
    r"\b(?:associated press|staff|reporter|correspondent|writer)\b))|"
    r"^(?i:(?:by )?(?:the )?(?:associated press|reuters|agence france-presse|canadian press|"
    r"press association|new york times|washington post))\W*$|"
    r"^\W?Start Quote$|^(?i:read more|see more|related)\s?: "
)

# The same where headings are small, and a headline with its date.
SMALL_CREDIT: Final = re.compile(
    rf"^{_NAME}(?: ?/ ?[A-Z]| for (?:The )?[A-Z][\w ]{{2,40}}$)|\((?i:{_DATE})\)$"
)

# What a page is filed under; most of it is links.
TAGS_LINE: Final = Lines(
    r"^[\W_]*(?:(?:related )?(?:tags?|topics?|categor(?:y|ies))|keywords|filed under|posted in|"
    r"schlagw(?:ort|örter)|themen|mots-clés|étiquettes|etiquetas|temas|теги|метки)\s?[:：]",
    r"^(?:关键词|關鍵字|标签|標籤|タグ|キーワード)",
)

LEAD_LINE: Final = Lines(
    r"^by [^.!?]{3,80}\b(?:reporter|correspondent|editor|writer|staff|journalist)\b[^.!?]{0,40}$",
    r"^(?:by|author|autor(?:en|i)?|auteurs?|written by|posted by|reported by)\s?:.{2,80}$",
    r"^(?:written|posted|reported) by [^.!?]{2,60}$",
    r"^(?:illustration|photograph)s? by\b",
    r"^.{0,60}\b\d{1,2}[./ ]\d{1,2}[./ ]\d{4}\b.{0,80}\b(?:updated|mis à jour|aktualisiert|par|"
    r"by|von|por)\b",
    r"^(?:autori|authors|autoren|auteurs|autores)\s?:",
    r"^[\w. ’'-]{3,40}\s?\|\s?[\w. ’'-]{3,40}\s?\|\s?[\d/. -]{6,12}$",
    r"^(?:share|follow|listen|save)\b[^.!?]{0,30}$",
    r"^原标题\s*[:：]|^发布时间\s*[:：]|^(?:当前)?位置\s*[:：].{0,60}$",
    r"^(?:from|source|quelle|fuente|来源)\s?[:：].{0,40}$",
    r"^(?:categor(?:y|ies)|section|filed under|tags?|topics?)\s?:.{0,60}$",
)

TAIL_LINE: Final = Lines(
    r"^[\W_]*(?:follow|like|find|join) (?:us|me|\w+ \w+|the \w+|\w+) (?:on|via|at) (?:facebook|"
    r"twitter|x|instagram|linkedin|google|telegram|whatsapp|mastodon)\b",
    r"^[\W_]*please follow\b|^follow @?\w+$",
    r"^[\W_]*(?:subscribe|sign up) (?:to|for|here|now)\b",
    r"^[\W_]*(?:share|tweet|print|e-?mail) (?:this|on|via|it)\b.{0,60}$",
    r"^[\W_]*(?:tags?|tagged|filed under|categor(?:y|ies)|topics?|keywords|posted in|"
    r"related topics)\s*:",
    r"^[\W_]*(?:copyright\W{0,3}(?:\d{4}|by\b|\(c\)|©)|\(c\) ?\d{4}|©)",
    r"^(?:this page (?:was )?)?last (?:modified|updated|changed|edited|reviewed)\b.{0,80}$",
    r"^this page (?:was )?(?:last|generated)\b.{0,80}$",
    r"^(?:write|contact|reach|email|send (?:a )?(?:letter|tips?)) (?:to )?[^.]{0,60}\bat\b.{0,60}@",
    r"^[\w. ]{0,40}\(?[\w.+-]+@[\w-]+\.[\w.]+\)?\s*(?:\(end\))?$",
    r"^[\W_]*(?:questions\? comments\?|got a tip|have a tip|do you have a story)\b",
    r"^[\W_]*(?:click here|read more|see also|more:|related:|next:|previous:|"
    r"continue reading)\b.{0,120}$",
    r"^just a heads up\b",
    r"^[\[【(（]?\s*(?:責任編集|责任编辑|责编|編輯|编辑|编辑人)\s*[:：]",
    r"^(?:posted|submitted|published) (?:by|in|on|at)\b.{0,80}$",
    r"^to contact the (?:reporter|editor|writer|author)s?\b|^see more by\b",
    r"^.{3,50} on twitter\W+(?:https?://|@)\S+$",
    r"^(?:[A-Z][\w.’'-]+ ){2,4}(?:is|was) (?:a|an|the) [^.]{0,100}\b(?:journalist|columnist|"
    r"freelance|author of|contributing|staff writer|correspondent for)\b",
    r"^(?:[A-Z][\w.’'-]+ ){2,4}is [\w’' ]{2,30}[’']s? .{2,60}\b(?:correspondent|editor|reporter|"
    r"columnist)\.?$",
    r"^(?:your |all )?comments? (?:must|will be|should)\b|^have something to say\b|^\d{1,2}$",
    r"^الآراء الواردة|^ترحب .{0,20}بالنقاش",
    r"^to comment on this (?:story|article)\b|^comments are (?:closed|moderated)",
    r"^(?:your email address will not be published|required fields are marked)",
    r"^.{0,120}\b(?:e-?mail |free |daily |weekly )*newsletters?\b.{0,120}$",
    r"^[_=*\-—\s]{3,}$",
    anywhere=(
        r"\ball rights reserved\b",
        r"™? ?& ?© ?\d{4}",
        r"\baffiliate (?:links?|commission)\b",
        r"未经(?:允许|授权|许可)|转载请|(?:微信|二维码).{0,6}扫|扫.{0,6}(?:微信|二维码)",
        r"\bfollow (?:him|her|them|me|us|@?\w+(?: \w+)?) on (?:twitter|facebook|instagram)\b",
        r"\bfollow (?:him|her|them|me|us|@?\w+(?: \w+)?) on (?:google|linkedin)\b",
    ),
)
