"""Which units to send: ranked by road, capability and what sending them leaves behind."""

from core.dispatch.recommend import Option, Recommendation, recommend

__all__ = ["Option", "Recommendation", "recommend"]
