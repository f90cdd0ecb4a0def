"""What a disk may hold after a loss of power: what was brought to it, and any part of the rest.

Each `fsync` is a moment at which the power may go. Until then a file that was never brought to the
disk may be empty or old, and a folder may have its names of now or those of the last time that it
was brought there. Journals of real file systems leave fewer of these states, never more.
"""

from __future__ import annotations

import os
from pathlib import Path


class Disk:
    """Watches a folder, and makes images of what the disk may hold of it.

    Args:
        folder: What is watched; all that is in it now is safe.
        graves: An empty folder on the same disk, so that no inode is ever used again.
        chance: Chooses what of the rest has reached the disk.
    """

    def __init__(self, folder, graves, chance):
        self.folder, self.graves, self.chance = folder, graves, chance
        self.safe, self.open = {}, {}
        self.images = []
        for place in self.now():
            self.bring(place)

    def close(self):
        for handle in self.open.values():
            os.close(handle)

    def now(self):
        """Give every place as it is, and keep its inode for ever."""
        places = [self.folder, *sorted(self.folder.rglob("*"))]
        for place in places:
            inode = place.lstat().st_ino
            if place.is_dir() and inode not in self.open:
                self.open[inode] = os.open(place, os.O_RDONLY)
            elif place.is_file() and not (self.graves / str(inode)).exists():
                os.link(place, self.graves / str(inode))
        return places

    def bring(self, place):
        """Let a file's content, or a folder's names, be safe."""
        self.safe[place.stat().st_ino] = contents(place)

    def sync(self, handle):
        """Note that this is brought to the disk."""
        place = Path(f"/proc/self/fd/{handle}").readlink()
        if place.is_relative_to(self.folder):
            self.bring(place)

    def image(self, target):
        """Lay out one of the states that the disk may hold."""
        self.now()
        self.lay(self.folder.stat().st_ino, target)

    def lay(self, inode, target):
        safe = self.safe.get(inode)
        now = contents(self.place(inode))
        found = self.chance.choice([safe if safe is not None else type(now)(), now])
        if isinstance(found, bytes):
            target.write_bytes(found)
            target.chmod(0o600)
            return
        target.mkdir(mode=0o700)
        for name, (child, _) in sorted(found.items()):
            self.lay(child, target / name)

    def place(self, inode):
        if inode in self.open:
            return Path(f"/proc/self/fd/{self.open[inode]}")
        return self.graves / str(inode)


def contents(place):
    """Give a file's bytes, or a folder's names with their inodes."""
    if not place.is_dir():
        return place.read_bytes()
    with os.scandir(place) as found:
        return {f.name: (f.inode(), f.is_dir(follow_symlinks=False)) for f in found}
