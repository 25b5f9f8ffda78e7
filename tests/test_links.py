"""The check of links: what is broken is found, what cannot be asked is not called broken, and the book has no fault."""

import http.server
import threading

import links
import pytest

PAGES = {
    "index.html": """<a href="book/a.html#here">good</a> <a href="book/a.html#nowhere">no such element</a>
        <a href="book/b.html">no such page</a> <img src="gone.png"> <a href="#top">up</a> <a href="">self</a>
        <a href="#missing">none</a> <script>const x = '<a href="no/link.html">';</script>
        <a href="mailto:me@example.org">mail</a> <a href="../outside.txt">out</a>""",
    "book/a.html": """<p id="here">x</p><a name="old"></a><a href="../index.html?q=1">up</a> <a href="#old">name</a>
        <a href="with%20space.txt">file</a> <link href="../style.css"> <a href="#h%C3%A9">coded</a> <p id="hé"></p>""",
    "book/with space.txt": "text",
    "style.css": "",
    "_static/macros.html": '<a href="{{ pathto() }}">a template</a>',
}


@pytest.fixture
def book(tmp_path, monkeypatch):
    """A small book with five faults."""
    monkeypatch.setattr(links, "BOOK", tmp_path / "html")
    (tmp_path / "outside.txt").write_text("")
    for name, text in PAGES.items():
        path = tmp_path / "html" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "html"


@pytest.fixture(scope="module")
def server():
    """The address of a server that answers by what is asked for: /404, /500, and to HEAD only with 405."""
    asked = []

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.command, self.path))
            self.send_response(int(self.path.strip("/") or 200))
            self.end_headers()

        def do_HEAD(self):
            asked.append((self.command, self.path))
            self.send_response(405 if self.path == "/200" else int(self.path.strip("/") or 200))
            self.end_headers()

        def log_message(self, *args):
            pass

    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}", asked
    running.shutdown()
    running.server_close()


@pytest.mark.skipif(not links.BOOK.exists(), reason="`make book` builds it")
def test_built_book_has_no_broken_link_inside():
    pages = links.read(links.BOOK)
    assert len(pages) > 30 and sum(len(page.links) for page in pages.values()) > 1000
    assert list(links.broken_inside(links.BOOK, pages)) == []


def test_every_fault_inside_a_book_is_named(book):
    assert list(links.broken_inside(book, links.read(book))) == [
        "index.html → book/a.html#nowhere: no element is called 'nowhere'",
        "index.html → book/b.html: no such file",
        "index.html → gone.png: no such file",
        "index.html → #missing: no element is called 'missing'",
        "index.html → ../outside.txt: leads out of the book",
    ]


def test_only_what_the_server_calls_gone_is_broken(server, unused_port):
    address, asked = server
    wanted = [f"{address}/{code}" for code in (204, 200, 404, 410, 403, 500)] + [f"http://127.0.0.1:{unused_port}/"]
    gone, unknown = links.check_outside(dict.fromkeys(wanted, "a.html"))
    assert gone == [f"a.html → {address}/{code}: the server says {code}" for code in (404, 410)]
    assert [line.rpartition(": ")[0] for line in unknown] == [f"a.html → {at}" for at in wanted[4:]]
    assert ("GET", "/200") in asked and ("GET", "/204") not in asked


@pytest.fixture
def unused_port():
    """A port at which nobody answers."""
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as closed:
        return closed.server_port


def test_outside_addresses_are_asked_for_once():
    page = links.Page()
    page.feed('<a href="https://a.org/x#1">1</a><a href="https://a.org/x?page=2">2</a><a href="mailto:a@b.c">m</a>')
    assert links.outside({"a.html": page, "b.html": page}) == {"https://a.org/x": "a.html"}


def test_address_that_is_none_does_not_end_the_others(server):
    address, _ = server
    gone, unknown = links.check_outside({f"{address}/a b": "a.html", f"{address}/404": "b.html"})
    assert len(gone) == 1 and len(unknown) == 1 and "/a b" in unknown[0]


def test_without_a_network_nothing_is_broken_and_one_line_says_so(book, monkeypatch, capsys, unused_port):
    here = f"http://127.0.0.1:{unused_port}"
    (book / "index.html").write_text(f'<a href="{here}/a">a</a> <a href="{here}/b">b</a>')
    assert links.main() == 0
    out = capsys.readouterr().out.splitlines()
    assert out == [
        "· 2 pages: 0 links inside the book are broken",
        "· 2 links to other places: 0 broken, 2 not checked, no server answers: is there a network?",
    ]


def test_broken_link_ends_with_exit_code_1_and_no_book_with_2(book, capsys):
    assert links.main() == 1
    assert "broken: index.html → gone.png: no such file" in capsys.readouterr().out
    (book / "index.html").unlink()
    assert links.main() == 2
    assert "Run `make book`" in capsys.readouterr().err
