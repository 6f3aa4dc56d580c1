extension GrammarTable {
    /// Partitions, volumes, boot loader.
    static let storage = """
        command part|partition
          conflicts autopart in F20- R6-
          conflicts mount in F20- R7-
          mntpoint path > mountPoint
          --active flag in F3-28 R3-7
          --asprimary flag
          --start int in F3-10 R3-5
          --end int in F3-10 R3-5
          --fstype|--type string
          --grow flag
          --maxsize int
          --noformat flag
          --onbiosdisk string
          --ondisk|--ondrive string
          --onpart|--usepart partition
          --recommended flag
          --size int
          --bytes-per-inode int in F4-8 R5
          --fsoptions string in F4- R5-
          --label string in F4- R5-
          --encrypted flag in F9- R5-
          --passphrase string in F9- R5-
          --bytes-per-inode string deprecated in F9-13 R6
          --fsprofile string in F9- R6-
          --start string deprecated in F11-13 R6
          --end string deprecated in F11-13 R6
          --escrowcert string in F12- R6-
          --backuppassphrase flag in F12- R6-
          --cipher string in F18- R6-
          --hibernation flag in F18- R6-
          --resize flag in F17- R7-
          --mkfsoptions string in F23- R7-
          --active flag deprecated in F29-33 R8
          --luks-version string in F29- R8-
          --pbkdf string in F29- R8-
          --pbkdf-memory int in F29- R8-
          --pbkdf-time int in F29- R8-
          --pbkdf-iterations int in F29- R8-
          --hw-passphrase string in F41- R11-
        command volgroup
          conflicts autopart mount in F16- R6-
          name string*
          partitions string*
          --noformat flag
          --pesize int = 32768 in F3-20 R3-6
          --useexisting flag
          --reserved-space int in F16- R6-
          --reserved-percent int in F16- R6-
          --pesize int in F21- R7-
        command logvol
          conflicts autopart in F20- R6-
          conflicts mount in F20- R7-
          mntpoint path > mountPoint
          --fstype string
          --grow flag
          --maxsize int
          --name string required
          --noformat flag
          --percent int
          --recommended flag
          --size int
          --useexisting flag
          --vgname string required
          --bytes-per-inode int in F4-8 R5
          --fsoptions string in F4- R5-
          --encrypted flag in F9- R5-
          --passphrase string in F9- R5-
          --bytes-per-inode string deprecated in F9-13 R6
          --fsprofile string in F9- R6-
          --escrowcert string in F12- R6-
          --backuppassphrase flag in F12- R6-
          --cipher string in F18- R6-
          --hibernation flag in F18- R6-
          --thinpool flag in F20- R6-
          --thin flag in F20- R6-
          --poolname string in F20- R6-
          --chunksize int in F20- R6-
          --metadatasize int in F20- R6-
          --profile string in F21- R6-
          --label string in F15- R7-
          --resize flag in F17- R7-
          --mkfsoptions string in F23- R7-
          --cachesize int in F23- R8-
          --cachemode string in F23- R8-
          --cachepvs list in F23- R8-
          --luks-version string in F29- R8-
          --pbkdf string in F29- R8-
          --pbkdf-memory int in F29- R8-
          --pbkdf-time int in F29- R8-
          --pbkdf-iterations int in F29- R8-
        command raid
          conflicts autopart in F20- R6-
          conflicts mount in F20- R7-
          mntpoint path > mountPoint
          partitions string*
          --device md-device required
          --fstype string
          --level raid-level
          --noformat flag
          --spares int
          --useexisting flag
          --fsoptions string in F4- R5-
          --bytes-per-inode int in F5-8 R5
          --encrypted flag in F9- R5-
          --passphrase string in F9- R5-
          --bytes-per-inode string deprecated in F9-13 R6
          --fsprofile string in F9- R6-
          --escrowcert string in F12- R6-
          --backuppassphrase flag in F12- R6-
          --cipher string in F18- R6-
          --label string in F15- R7-
          --mkfsoptions string in F23- R7-
          --chunksize int in F25- R7-
          --luks-version string in F29- R8-
          --pbkdf string in F29- R8-
          --pbkdf-memory int in F29- R8-
          --pbkdf-time int in F29- R8-
          --pbkdf-iterations int in F29- R8-
        command btrfs in F17- R7-
          deprecated in R8-9
          removed in R10-
          --noformat flag
          --useexisting flag
          --label string
          --data btrfs-level
          --metadata btrfs-level
          --subvol flag
          --parent string
          --name string
          --mkfsoptions string in F23- R7
        command mount in F27- R8-
          conflicts autopart part raid volgroup logvol reqpart
          device string
          mntpoint path > mountPoint
          --reformat string?
          --mkfsoptions string
          --mountoptions string
        command reqpart in F23- R7-
          conflicts autopart mount
          --add-boot flag
        command snapshot in F26- R7-
          origin string
          --name string required
          --when snapshot-when required
        command autopart
          conflicts part raid volgroup logvol in F20- R6-
          conflicts reqpart in F23- R7-
          --encrypted flag in F9- R5-
          --passphrase string in F9- R5-
          --escrowcert string in F12- R6-
          --backuppassphrase flag in F12- R6-
          --cipher string in F18- R6-
          --nolvm const:plain > type in F16- R7-
          --type autopart-type in F17- R7-
          --fstype string in F21- R7-
          --nohome flag in F26- R7-
          --noboot flag in F26- R8-
          --noswap flag in F26- R8-
          --luks-version string in F29- R8-
          --pbkdf string in F29- R8-
          --pbkdf-memory int in F29- R8-
          --pbkdf-time int in F29- R8-
          --pbkdf-iterations int in F29- R8-
          --hibernation flag in F38- R10-
          --hw-passphrase string in F41- R11-
        command clearpart
          --all const:all > type
          --drives list
          --initlabel flag
          --linux const:linux > type
          --none const:none > type
          --list list > devices in F17- R7-
          --disklabel string in F21- R7-
          --cdl flag in F28- R7-
        command ignoredisk
          --drives list required in F3-7 R3
          --drives list in F8- R4-
          --only-use list in F8- R4-
          --interactive flag in F14-28 R6-7
          --interactive flag deprecated in F29-33 R8
        command bootloader
          --append string
          --linear on in F3 R3-4
          --nolinear off > linear in F3 R3-4
          --location choice:mbr,partition,none,boot = mbr
          --lba32 flag in F3-11 R3-5
          --password string
          --md5pass string
          --upgrade flag in F3-28 R3-7
          --useLilo flag in F3 R3-4
          --driveorder list
          --hvargs string in R5
          --timeout int in F8- R6-
          --default string in F8- R6-
          --lba32 flag deprecated in F12-13 R6
          --iscrypted flag in F15- R6-
          --boot-drive string in F17- R7-
          --leavebootorder flag in F18- R7-
          --extlinux flag in F19- R7-
          --disabled flag in F21- R7-
          --nombr flag in F21- R7-
          --upgrade flag deprecated in F29-33 R8
          --sdboot flag in F39- R10-
        command lilo in F3-4 R3-4
          removed in F4
          --append string
          --linear on
          --nolinear off > linear
          --location choice:mbr,partition,none,boot = mbr
          --lba32 flag
          --password string
          --md5pass string
          --upgrade flag
          --useLilo flag
          --driveorder list
        command lilocheck in F3-4 R3-4
          removed in F4
        command zipl in F32- R8-
          --secure-boot const:auto
          --force-secure-boot const:force > secureBoot
          --no-secure-boot const:disabled > secureBoot
        command zerombr
        """
}
