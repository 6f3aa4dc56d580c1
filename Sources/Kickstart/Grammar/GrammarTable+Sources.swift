extension GrammarTable {
    /// Where the software comes from.
    static let sources = """
        command url
          --url string required in F3-17 R3-6
          --proxy string in F13- R6-
          --noverifyssl flag in F14- R6-
          --url string in F18- R7-
          --mirrorlist string in F18- R7-
          --metalink string in F27- R8-
          --sslcacert string in F30- R8-
          --sslclientcert string in F30- R8-
          --sslclientkey string in F30- R8-
        command repo in F6- R5-
          --name string required
          --baseurl string
          --mirrorlist string
          --cost int in F8- R6-
          --excludepkgs list in F8- R6-
          --includepkgs list in F8- R6-
          --ignoregroups bool in F11-32 R6-8
          --proxy string in F13- R6-
          --noverifyssl flag in F14- R6-
          --install flag in F21- R7-
          --metalink string in F27- R8-
          --sslcacert string in F30- R8-
          --sslclientcert string in F30- R8-
          --sslclientkey string in F30- R8-
          --ignoregroups bool deprecated in F33-39 R9
        command nfs
          --server string required
          --dir string required
          --opts string in F6- R5-
        command harddrive
          --biospart string in F3-32 R3-8
          --partition string in F3-32 R3-8
          --dir string required
          --partition string required in F33- R9-
        command cdrom
        command hmc in F28- R7-
        command liveimg in F19- R7-
          --url string required
          --proxy string
          --noverifyssl flag
          --checksum string
        command ostreesetup in F21- R7-
          conflicts ostreecontainer in F38- R10-
          conflicts bootc in F43- R10-
          --osname string required
          --remote string
          --url string required
          --ref string required
          --nogpg flag
        command ostreecontainer in F38- R9-
          conflicts ostreesetup
          conflicts bootc in F43- R10-
          --stateroot string
          --url string required
          --transport string
          --remote string
          --no-signature-verification flag
        command bootc in F43- R10-
          conflicts ostreesetup ostreecontainer
          --stateroot string = default
          --source-imgref string required
          --target-imgref string
          --bootloader string in F45- R11-
          --composefs flag in F45- R11-
        command module in F29- R8-
          deprecated in F41-44 R10
          removed in F45- R11-
          --name string required
          --stream string
          --disable flag in F31-40 R8-9
        command method
          deprecated in F34-39 R9
          removed in F40- R10-
        command install
          deprecated in F29-33 R8
          removed in F34- R9-
          --root-device string in F11-28 R6-7
        command upgrade in F3-29 R3-7
          deprecated in F20-28 R7
          removed in F29
          --root-device string in F11-19 R6
        command updates in F7- R6-
          updates string* in F7-33 R6-8
          url string in F34- R9-
        command driverdisk
          partition string*
          --source string
          --type string in F3-11 R3-4
          --biospart string in F4- R4-
          --type string deprecated in F12-13 R5-6
        """
}
