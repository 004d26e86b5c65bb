"""What `kernel`, `boosting` and `ensemble` share: likeness of questions, scores of models, ridge regression, trees.

``components`` turns outcomes into a few scores a question, ``views`` says how alike two questions are, ``ridge``
forecasts scores from likeness and ``machine`` puts these together; ``question_rows`` makes rows of questions for
``trees``, ``cells`` rows of models at questions for ``boosted`` trees; ``link`` makes probabilities of forecasts, and
``shared`` is what methods of this kind have in common.
"""
