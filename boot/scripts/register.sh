# What a new server runs in the first-stage ramdisk. It is fetched when the server boots: changing it needs no new ramdisk.
exec kurogane-agent register
