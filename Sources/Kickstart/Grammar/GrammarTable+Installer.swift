extension GrammarTable {
    /// How the installer goes about it, and unusual hardware.
    static let installer = """
        command text|cmdline|graphical
          --non-interactive flag in F26- R8-
        command reboot|halt|shutdown|poweroff
          --eject flag in F6- R5-
          --kexec flag in F23- R8-
        command vnc
          deprecated in F43-44 R10
          removed in F45- R11-
          --connect string in F3-8 R3-5
          --password string
          --host string in F6-42 R5-9
          --port string in F6-42 R5-9
        command rdp in F43- R10-
          --username string
          --password string
        command rescue in F10- R6-
          --nomount flag
          --romount flag
        command autostep
          deprecated in F34-39 R9
          removed in F40- R10-
          --autoscreenshot flag
        command interactive in F3-15 R3-6
          deprecated in F14
          removed in F15
        command mediacheck in F4- R5-
        command unsupported_hardware in R6-7
        command key in R5-6
          --skip flag
        command device
          deprecated in F24-33 R8
          removed in F34- R9-
          --opts string
        command deviceprobe
          deprecated in F29-33 R8
          removed in F34- R9-
        command dmraid in F6- R5-
          deprecated in F24-33 R8
          removed in F34- R9-
          --name string required
          --dev strings > devices required
        command multipath in F6- R5-
          deprecated in F24-33 R8
          removed in F34- R9-
          --name string required
          --device string required
          --rule string required
        command iscsi in F6- R5-
          --target string
          --ipaddr string required
          --port int
          --user string
          --password string
          --reverse-user string in F10- R6-
          --reverse-password string in F10- R6-
          --iface string in F17- R6-
        command iscsiname in F6- R5-
          iqn string > name
        command fcoe in F12- R6-
          --nic string required
          --dcb flag in F13- R6-
          --autovlan flag in F28- R7-
        command zfcp in F3- R4-
          --devnum string required
          --fcplun string required in F3-36 R4-8
          --wwpn string required in F3-36 R4-8
          --scsiid string required in F3-11 R4-5
          --scsilun string required in F3-11 R4-5
          --scsiid string deprecated in F12-13 R6
          --scsilun string deprecated in F12-13 R6
          --wwpn string in F37- R9-
          --fcplun string in F37- R9-
        command nvdimm in F28- R7-
          deprecated in F40-44
          removed in F45- R10-
          action choice:reconfigure,use
          --namespace string
          --blockdevs list
          --mode choice:sector = sector
          --sectorsize int
        """
}
