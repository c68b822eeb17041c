"""Reads an OpenStreetMap extract into a city."""

from pathlib import Path

import numpy as np
import osmium

from core.errors import Refused
from core.pack.city import City, Shapes
from core.pack.coast import sea_of
from core.pack.osm_features import read_osm_features
from core.pack.osm_roads import read_osm_ways

LICENCE = "Open Database License (ODbL) 1.0, https://opendatacommons.org/licenses/odbl/"
ATTRIBUTION = "© OpenStreetMap contributors, ODbL"
SUFFIXES = (".osm.pbf", ".pbf", ".osm", ".osm.bz2", ".osm.gz")


def is_osm(path: Path) -> bool:
    return path.is_file() and path.name.lower().endswith(SUFFIXES)


def read_osm_city(path: Path, work: Path) -> City:
    """The city in an extract. Raises Refused for a file that is cut short, damaged or of another kind."""
    try:
        ways = read_osm_ways(path)
        features = read_osm_features(path, work)
        dated = _dated(path)
    except RuntimeError as error:
        raise Refused(
            f"{path} is not a whole OpenStreetMap extract: {error}.",
            "No map pack was built.",
            "Download the extract again and compare its size with the one on the server.",
        ) from error
    city = City(
        name=path.name.split(".")[0].replace("_", " ").replace("-", " ").title(),
        ways=ways,
        licence=LICENCE,
        attribution=ATTRIBUTION,
        provenance=[f"OpenStreetMap extract {path.name}{dated}"],
        addresses=features.addresses,
        places=features.places,
        land=features.land.shapes(),
        water=features.water.shapes(),
        waterways=features.waterways.shapes(),
        buildings=features.buildings.shapes(),
    )
    if len(ways) and len(shore := features.coast.shapes()):
        _add_sea(city, shore)
    return city


def _add_sea(city: City, shore: Shapes) -> None:
    sea = sea_of(shore.geometry, city.bounds)
    city.water = Shapes(
        np.append(city.water.geometry, sea), {"kind": [*city.water.columns["kind"], *["sea"] * len(sea)]}
    )


def _dated(path: Path) -> str:
    with osmium.io.Reader(str(path), osmium.osm.NOTHING) as reader:
        stamp = reader.header().get("osmosis_replication_timestamp")
    return f", data of {stamp[:10]}" if stamp else ""
