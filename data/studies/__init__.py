"""What makes the shipped files in data/: one command a study, `python -m data.studies.NAME`.

Studies import `helpers`; nothing in `helpers`, and no lesson, imports a study.
"""
