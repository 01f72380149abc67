from app.metric_name import words


def test_names_are_words_and_abbreviations_stay() -> None:
    assert words("context_iou") == "context IoU"
    assert words("token_f1") == "token F1"
