# SPDX-License-Identifier: GPL-3.0-or-later
"""The story that ./demo tells."""

import pytest

import story as told

STORY = told.Story.__new__(told.Story)
NAMES = [step.__name__ for step in STORY.steps()]


def test_titles_in_dutch():
    dutch = told.Story.__new__(told.Story)
    dutch.language = "nl"
    assert all(dutch.title(step) for step in dutch.steps())
    assert set(told.DUTCH) >= {"speak", *NAMES}


@pytest.fixture(scope="module")
def story():
    return told.Story()


@pytest.mark.parametrize("name", NAMES)
def test_step(story, name):
    if getattr(story, "broken", None):
        pytest.fail(f"not told: {story.broken} went wrong")
    try:
        getattr(story, name)()
    except told.Mismatch as mismatch:
        story.broken = name
        pytest.fail(f"{mismatch}\n{mismatch.transcript}")
    except Exception:
        story.broken = name
        raise
