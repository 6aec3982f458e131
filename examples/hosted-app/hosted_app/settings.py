# SPDX-License-Identifier: GPL-3.0-or-later
"""The few settings, out of a file as configparser reads it; what is unknown
or missing is refused."""

import configparser
import dataclasses

import cloxxs


class Wrong(Exception):
    """The file cannot be used, as a sentence."""


@dataclasses.dataclass(frozen=True)
class Settings:
    database: str                  # a file of this application's own
    service: str = "hosted-app"    # as in [service NAME] of cloxxsd.conf(5)
    socket: str = cloxxs.SOCKET
    secure: bool = True            # whether browsers come by https only
    idle_minutes: int = 30
    longest_hours: int = 12


def _convert(kind, value):
    if kind is bool:
        return {"yes": True, "no": False}[value]
    return kind(value)


def read(path):
    parser = configparser.ConfigParser(interpolation=None)
    with open(path, encoding="utf-8") as file:
        parser.read_file(file)
    if parser.sections() != ["hosted-app"]:
        raise Wrong(f"{path}: there is one section, [hosted-app]")
    kinds = {field.name: field.type
             for field in dataclasses.fields(Settings)}
    values = {}
    for key, value in parser["hosted-app"].items():
        if key not in kinds:
            raise Wrong(f"{path}: {key}: there is no such setting")
        try:
            values[key] = _convert(kinds[key], value)
        except (KeyError, ValueError):
            raise Wrong(f"{path}: {key}: cannot be {value}") from None
    if "database" not in values:
        raise Wrong(f"{path}: database must be set")
    return Settings(**values)
