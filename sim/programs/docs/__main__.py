"""Renew or check the documentation: python -m sim.programs.docs [--check | --results FOLDER]."""

import sys

from sim.programs.docs.blocks import main

sys.exit(main(sys.argv[1:]))
