"""What the command lines call. `import mmseg_nrd` loads none of it, and no component imports it."""
