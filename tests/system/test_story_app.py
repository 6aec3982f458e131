# SPDX-License-Identifier: GPL-3.0-or-later
"""The story that ./demo --app tells."""

import pytest

import hosted_app
import story
import story_app as told

STORY = told.AppStory.__new__(told.AppStory)
NAMES = [step.__name__ for step in STORY.steps()]

pytestmark = pytest.mark.skipif(
    hosted_app.missing() is not None,
    reason=f"{hosted_app.missing()} is missing")


def test_titles_in_dutch():
    dutch = told.AppStory.__new__(told.AppStory)
    dutch.language = "nl"
    assert all(dutch.title(step) for step in dutch.steps())
    assert set(told.DUTCH) >= set(NAMES)


@pytest.fixture(scope="module")
def tale():
    return told.AppStory()


@pytest.mark.parametrize("name", NAMES)
def test_step(tale, name):
    if getattr(tale, "broken", None):
        pytest.fail(f"not told: {tale.broken} went wrong")
    try:
        getattr(tale, name)()
    except story.Mismatch as mismatch:
        tale.broken = name
        pytest.fail(f"{mismatch}\n{mismatch.transcript}")
    except Exception:
        tale.broken = name
        raise
