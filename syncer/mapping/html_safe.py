"""HTML of strangers made safe to show: what an allow-list does not name is taken out."""

from __future__ import annotations

import nh3

_BLOCKS = "p div br hr h1 h2 h3 h4 h5 h6 ul ol li dl dt dd blockquote pre table caption thead tbody tfoot tr th td"
_WORDS = "a abbr b code del em i img ins kbd mark q s small span strong sub sup tt u var"
_TAGS = {*_BLOCKS.split(), *_WORDS.split()}
_ATTRIBUTES = {
    "a": {"href", "title"}, "img": {"src", "alt", "title", "width", "height"},
    "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}, "ol": {"start"},
}  # fmt: skip
_SCHEMES = {"http", "https", "mailto", "tel", "cid"}


def safe_html(html: str) -> str:
    """The same text with only harmless markup: no scripts, styles, forms or frames, no event attributes, no odd links.

    What was inside of a script or a style goes with it; of other tags the text stays.
    """
    return nh3.clean(html, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, link_rel="noopener noreferrer")
