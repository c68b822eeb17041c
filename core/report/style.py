"""The report's style sheet: black on white, thin rules, nothing that costs ink, A4 or Letter alike."""


def _css_string(words: str) -> str:
    return '"' + words.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ").replace("<", "\\3C ") + '"'


def page_style(*, left: str, right: str, foot: str) -> str:
    """CSS with the page furniture: `left` and `right` at the head of every page, `foot` and page numbers below."""
    return f"""
@page {{
  margin: 19mm 14mm 17mm 14mm;
  @top-left {{ content: {_css_string(left)}; font: 8.5pt sans-serif; }}
  @top-right {{ content: {_css_string(right)}; font: bold 9pt sans-serif; }}
  @bottom-left {{ content: {_css_string(foot)}; font: 8pt sans-serif; }}
  @bottom-right {{ content: "Page " counter(page) " of " counter(pages); font: 8pt sans-serif; }}
}}
{_BODY}"""


_BODY = """
* { box-sizing: border-box; }
body { font: 9.5pt/1.35 "DejaVu Sans", "Segoe UI", "Helvetica Neue", sans-serif; color: #000; margin: 0; }
h1 { font-size: 15pt; font-weight: 400; margin: 0 0 3mm; border-bottom: 0.6mm solid #000; padding-bottom: 1.5mm; }
h2 { font-size: 10.5pt; margin: 5mm 0 1.5mm; break-after: avoid; }
dl { display: grid; grid-template-columns: repeat(4, 1fr); margin: 0;
  border-top: 0.2mm solid #555; border-left: 0.2mm solid #555; }
.fact { border-right: 0.2mm solid #555; border-bottom: 0.2mm solid #555; padding: 1mm 1.6mm; }
.fact.wide { grid-column: span 4; }
dt { font-size: 7pt; text-transform: uppercase; letter-spacing: 0.04em; color: #333; }
dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; font-size: 8.5pt; font-variant-numeric: tabular-nums; }
thead { display: table-header-group; }
th { text-align: left; font-size: 7.5pt; border-bottom: 0.4mm solid #000; padding: 0.8mm 1.2mm; }
th { vertical-align: bottom; }
td { border-bottom: 0.2mm solid #888; padding: 0.8mm 1.2mm; vertical-align: top; overflow-wrap: anywhere; }
td:first-child, table.times td { white-space: nowrap; }
.narrative { white-space: pre-wrap; }
.struck { text-decoration: line-through; }
.small { font-size: 7.5pt; color: #333; }
.scene { break-inside: avoid; }
.scene svg { width: 100%; height: auto; border: 0.2mm solid #555; display: block; }
p { margin: 1mm 0; }
.sign { display: grid; grid-template-columns: 2fr 1fr; gap: 10mm; margin-top: 14mm; break-inside: avoid; }
.sign div { border-top: 0.2mm solid #000; padding-top: 1mm; font-size: 8pt; }
"""
