"""Words as HTML: what people pasted keeps its shape, what agents and people formatted is formatted, and nothing can act."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_app.text.formatting import markdown_html, one_plain_line, plain_html

LOG = "  at main (app.py:1)\n      at run\n\tat tab\nname   value\n\n\nend"


def test_what_customers_write_is_not_markup() -> None:
    typed = "# not a heading\n1. one\n* star **bold** _x_ `code`\n> quote"
    assert plain_html(typed) == f"<p>{typed.replace('>', '&gt;')}</p>"


def test_a_pasted_log_keeps_indentation_tabs_and_blank_lines() -> None:
    assert plain_html(LOG) == f"<p>{LOG}</p>"


def test_a_log_in_a_reply_keeps_its_indentation() -> None:
    html = markdown_html("It says:\n\n  at main\n      at run\n\tat tab\nname   value")
    assert html == "<p>It says:</p><p>  at main<br>      at run<br>\tat tab<br>name   value</p>"
    assert markdown_html("So:\n\n    if x:\n        y()\n\n\n    z()") == (
        "<p>So:</p><pre><code>if x:\n    y()\n\n\nz()\n</code></pre>"
    )
    assert markdown_html("```\n\tx = 1\n\n  y\n```") == "<pre><code>\tx = 1\n\n  y\n</code></pre>"


def test_a_line_break_is_a_line_break_and_a_line_of_dashes_makes_no_heading() -> None:
    assert markdown_html("Regards\nAna\n---\nShop") == "<p>Regards<br>Ana</p><hr><p>Shop</p>"


def test_markdown_is_formatted() -> None:
    assert markdown_html("It is **on** *its* `way` ~~now~~") == (
        "<p>It is <strong>on</strong> <em>its</em> <code>way</code> <s>now</s></p>"
    )
    assert markdown_html("# Title") == "<p><strong>Title</strong></p>"
    assert markdown_html("3. three\n4. four") == '<ol start="3"><li>three</li><li>four</li></ol>'
    assert "<td>1</td>" in markdown_html("|a|b|\n|-|-|\n|1|2|")


@pytest.mark.parametrize(
    ("typed", "address", "left"),
    [
        ("See https://example.com/a_(b).", "https://example.com/a_(b)", "See ."),
        ("(https://example.com/x)", "https://example.com/x", "()"),
        ("https://example.com/?a=1&b=2#f!", "https://example.com/?a=1&amp;b=2#f", "!"),
        ("https://example.com/__init__.py?x=1", "https://example.com/__init__.py?x=1", ""),
        ("https://münchen.de/straße", "https://xn--mnchen-3ya.de/stra%C3%9Fe", ""),
        ("请看 https://example.com/a。谢谢", "https://example.com/a", "请看 。谢谢"),
        ("رابط https://example.com/a؟", "https://example.com/a", "رابط ؟"),
        ("www.example.com, please", "https://www.example.com", ", please"),
        ("Write to ana@example.com.", "mailto:ana@example.com", "Write to ."),
    ],
)
def test_bare_addresses_are_links_in_customers_and_in_agents_words(typed: str, address: str, left: str) -> None:
    for html in (plain_html(typed), markdown_html(typed)):
        link = re.search(r'<a href="([^"]*)" rel="nofollow noopener noreferrer">[^<]*</a>', html)
        assert link is not None, html
        assert link[1] == address
        assert html.replace(link[0], "") == f"<p>{left}</p>"


@pytest.mark.parametrize(
    "typed", ["setup.py and Node.js", "javascript:alert(1)", "ftp://example.com/x", "//example.com", "data:text/html,x", "a@b"]
)
def test_what_is_no_web_or_mail_address_is_no_link(typed: str) -> None:
    assert plain_html(typed) == f"<p>{typed}</p>"
    assert "href" not in markdown_html(typed)


def test_an_image_leaves_its_address_and_is_not_loaded() -> None:
    assert markdown_html("![the bag](https://example.com/bag.png)") == (
        '<p><a href="https://example.com/bag.png" rel="nofollow noopener noreferrer">the bag</a></p>'
    )
    assert ">https://example.com/bag.png</a>" in markdown_html("![](https://example.com/bag.png)")
    assert markdown_html("[![bag](https://example.com/bag.png)](https://example.com/)") == (
        '<p><a href="https://example.com/" rel="nofollow noopener noreferrer">bag</a></p>'
    )


def test_an_image_that_nobody_can_load_leaves_its_address_to_read() -> None:
    assert markdown_html("![chart](sandbox:/mnt/data/chart.png)") == (
        '<p><a rel="nofollow noopener noreferrer">chart (sandbox:/mnt/data/chart.png)</a></p>'
    )


@pytest.mark.parametrize("typed", ["**Price:**10", "**「重要」**です", '**"New"**ly', "so **(really)**it"])
def test_bold_words_beside_punctuation_keep_no_stars(typed: str) -> None:
    html = markdown_html(typed)
    assert "<strong>" in html
    assert "*" not in html + one_plain_line(typed)


def test_a_line_break_as_html_is_one() -> None:
    assert markdown_html("one<br>two<br/>\nthree<BR />four") == "<p>one<br>two<br>three<br>four</p>"
    assert "<td>1<br>2</td>" in markdown_html("|a|\n|-|\n|1<br>2|")
    assert one_plain_line("one<br>two") == "one two"
    assert markdown_html("`<br>`") == "<p><code>&lt;br&gt;</code></p>"
    assert plain_html("one<br>two") == "<p>one&lt;br&gt;two</p>"


@pytest.mark.parametrize("typed", ["[ERROR]: timeout", "Seen in a log:\n\n[Ana]: hello\n[Ben]: hi", "A foot[^1]\n\n[^1]: note"])
def test_what_looks_like_the_address_of_a_link_and_is_none_is_shown(typed: str) -> None:
    html = markdown_html(typed)
    assert re.sub(r"<br>|</p><p>", "\n", html).split() == f"<p>{typed}</p>".split()


def test_addresses_below_a_text_are_links_and_are_shown_also_where_nothing_names_them() -> None:
    html = markdown_html("Read [the rules][1].\n\n[1]: https://example.com/a\n[2]: https://example.com/b")
    assert '<a href="https://example.com/a" rel="nofollow noopener noreferrer">the rules</a>' in html
    assert ">https://example.com/a</a></p>" in html
    assert ">https://example.com/b</a></p>" in html


def test_an_address_without_a_host_leads_to_no_page_of_ours() -> None:
    assert "href" not in markdown_html("[refunds](/refunds) [x](page) ![y](a.png) [j](javascript:alert(1))")


@given(st.text(alphabet="ab \n\t*_`[]()<>!\"'&#-|:/.@~1\\é😀", max_size=60))
def test_nothing_typed_becomes_more_than_text_and_known_tags(typed: str) -> None:
    for html in (plain_html(typed), markdown_html(typed)):
        tags = set(re.findall(r"</?([a-z0-9]+)[^>]*>", html))
        assert tags <= {
            *("p", "br", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a", "hr"),
            *("table", "thead", "tbody", "tr", "th", "td"),
        }
    assert "\n" not in one_plain_line(typed)


@pytest.mark.parametrize(
    "typed", ["[" * 20_000, "://" * 30_000, "http://" * 14_000, "a@" * 50_000, "> " * 50_000, "![a](b)" * 14_000]
)
def test_odd_texts_as_long_as_may_be_are_shown(typed: str) -> None:
    assert plain_html(typed)
    assert markdown_html(typed)


def test_a_line_in_a_list_has_no_marks() -> None:
    said = "# Done\n\nYour **bag** is [here](https://example.com), see `T-1`:\n\n- one\n- two\n\n```\ncode\n```"
    assert one_plain_line(said) == "Done Your bag is here, see T-1: one two code"
    assert one_plain_line("![](https://example.com/a.png)") == "https://example.com/a.png"
