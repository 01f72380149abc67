from pipeline.wording import coverage, exact_strings, terms


def test_terms_match_over_inflection_case_and_accents() -> None:
    assert terms("Die RÉPARATION") & terms("reparations")
    assert "the" not in terms("the pump")
    assert terms("") == frozenset()


def test_codes_are_exact_strings_and_words_and_numbers_are_not() -> None:
    assert exact_strings("Error E-4471 on the KT-X630, 25 bar") == {"e-4471", "kt-x630"}


def test_coverage_is_a_share() -> None:
    wanted = terms("warranty pumps E-4471")
    assert coverage(wanted, wanted) == 1.0
    assert coverage(wanted, frozenset()) == 0.0
    assert coverage(frozenset(), wanted) == 0.0
    assert 0.0 < coverage(wanted, terms("warranty")) < coverage(wanted, terms("E-4471")) < 1.0
