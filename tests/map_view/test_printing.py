"""HTML to paper and PDF with no window and no network."""

from io import BytesIO

import pytest
from pypdf import PdfReader
from PySide6.QtPrintSupport import QPrinter

from core.errors import Unavailable
from widgets.printing import Paper, html_to_pdf, pdf_bytes, print_html

ROWS = "".join(f"<tr><td>{i}</td><td>Engine {i}</td><td>Zażółć gęślą jaźń</td></tr>" for i in range(50))
HTML = f"""<!doctype html><html><head><meta charset="utf-8"><title>Report</title><style>
@page {{ @top-right {{ content: "26-A-01041"; }}
         @bottom-right {{ content: "Page " counter(page) " of " counter(pages); }} }}
thead {{ display: table-header-group }} td {{ border: 1px solid #000; padding: 4px }}
</style></head><body><h1>Incident report</h1>
<table><thead><tr><th>No.</th><th>Unit</th><th>Words</th></tr></thead><tbody>{ROWS}</tbody></table></body></html>"""


def texts(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(BytesIO(pdf)).pages]


def test_that_every_page_has_its_number_and_the_heads_are_repeated(web):
    pages = texts(pdf_bytes(HTML))
    assert len(pages) == 2
    for number, text in enumerate(pages, 1):
        assert f"Page {number} of 2" in text
        assert "26-A-01041" in text
        assert "Unit" in text
    assert "Zażółć gęślą jaźń" in pages[0]
    assert "Engine 49" in pages[1]


@pytest.mark.parametrize(("paper", "size"), [(Paper.A4, (595, 842)), (Paper.LETTER, (612, 792))])
def test_that_the_paper_is_as_set(web, paper, size):
    box = PdfReader(BytesIO(pdf_bytes(HTML, paper=paper))).pages[0].mediabox
    assert (box.width, box.height) == pytest.approx(size, abs=1.5)


def test_that_pictures_from_elsewhere_and_scripts_have_no_effect(web, connection_attempts):
    web.only_local.refused.clear()
    hostile = HTML.replace(
        "<h1>", "<img src='https://example.com/x.png'><script>document.body.innerHTML=''</script><h1>"
    )
    assert "Incident report" in texts(pdf_bytes(hostile))[0]
    assert set(web.only_local.refused) == {"https://example.com/x.png"}
    assert connection_attempts == []
    web.only_local.refused.clear()


def test_that_a_page_of_many_megabytes_prints(web):
    long = HTML.replace("</body>", f"<!-- {'x' * 5_000_000} --></body>")
    assert len(texts(pdf_bytes(long))) == 2


def test_that_the_file_is_whole_or_absent(web, tmp_path):
    html_to_pdf(HTML, tmp_path / "report.pdf")
    assert [path.name for path in tmp_path.iterdir()] == ["report.pdf"]
    with pytest.raises(Unavailable) as caught:
        html_to_pdf(HTML, tmp_path / "nowhere" / "report.pdf")
    assert "could not be written" in str(caught.value)
    assert caught.value.holds
    assert caught.value.do


def test_that_a_pdf_that_takes_too_long_says_so(web):
    with pytest.raises(Unavailable, match="longer than 0 seconds"):
        pdf_bytes(HTML, timeout_s=0)


def test_that_a_printer_gets_every_page(web, tmp_path):
    printer = QPrinter(QPrinter.PrinterMode.ScreenResolution)
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setOutputFileName(str(tmp_path / "printed.pdf"))
    assert print_html(HTML, printer) == 2
    assert len(PdfReader(tmp_path / "printed.pdf").pages) == 2
