# What a server runs in the first-stage ramdisk when its flavor has a profile: the same for every server. The service says what to start.
exec kurogane-agent kexec "$BOOT_URL"
