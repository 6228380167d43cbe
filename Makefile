# Each command sets the kit up first, once, and then starts at once. Without make, as on Windows:
# py -m helpers lab
PYTHON ?= python3

.PHONY: help lab restore lessons teach test check doctor refresh fuzz bench lock
help:
	@$(PYTHON) -m helpers --help
lab restore lessons teach test check doctor refresh fuzz bench lock:
	@$(PYTHON) -m helpers $@ $(ARGS)
