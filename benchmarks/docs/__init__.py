"""Tables of README and docs, metafiles and versions, written from what was measured."""
