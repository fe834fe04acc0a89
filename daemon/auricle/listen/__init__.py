"""The live view of what is heard: `auricle listen`."""
