"""Paths of options: below the folder that pytest was started in, else below the root."""

from marker_claims.sources.paths import given_path


def test_the_folder_that_pytest_was_started_in_goes_first(configured, tmp_path, pytestconfig):
    config = configured()
    assert given_path(config, "pytest.ini") == pytestconfig.rootpath / "pytest.ini"
    (tmp_path / "pytest.ini").write_text("")
    assert given_path(config, "pytest.ini") == tmp_path / "pytest.ini"


def test_what_is_nowhere_is_told_as_it_was_meant(configured, tmp_path):
    assert given_path(configured(), "absent.csv") == tmp_path / "absent.csv"


def test_an_absolute_path_stays(configured, tmp_path):
    assert given_path(configured(), str(tmp_path)) == tmp_path


def test_any_text_is_a_path_that_is_nowhere(configured, tmp_path):
    assert given_path(configured(), "x" * 5000) == tmp_path / ("x" * 5000)
    assert given_path(configured(), "a\0b").name == "a\0b"
