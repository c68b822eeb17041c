"""The printed incident report: facts from the board laid out as one self-contained page, needing no network."""

from core.report.page import ReportContext, incident_report_html

__all__ = ["ReportContext", "incident_report_html"]
