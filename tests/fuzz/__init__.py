"""Fuzz targets for every reader of files that users bring.

A target calls a real reader. Whatever bytes it is given, it returns a value or raises
:class:`~wfst_bias.core.errors.InputError` with the name of the file: nothing else, in a limited time and memory. Files
that a target builds itself, and decorates as other programs do, are read with all their content.

``make fuzz`` runs a million inputs, ``python -m fuzz`` (with ``tests`` in ``PYTHONPATH``) one target or one saved input,
and ``test_fuzz.py`` a few inputs of each target.
"""
