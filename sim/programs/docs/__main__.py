"""Renew or check the documentation: python -m sim.programs.docs [--check | --results FOLDER | --register FOLDER].

``--results`` takes the answer of a finished study into the READMEs, ``--register`` fixes its forecast in
``docs/forecasts/``.
"""

import sys

from sim.programs.docs.blocks import main

sys.exit(main(sys.argv[1:]))
