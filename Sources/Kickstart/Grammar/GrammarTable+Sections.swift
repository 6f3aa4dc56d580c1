extension GrammarTable {
    /// The headers of sections, and under `@` the line of a group in `%packages`.
    static let sections = """
        command %packages
          --excludedocs flag
          --ignoremissing flag
          --ignoredeps flag in F3-8 R3-5
          --resolvedeps flag in F3-8 R3-5
          --default flag in F7- R6-
          --instLangs string in F9-39 R6-9
          --instLangs string deprecated in F40-
          --nobase flag in F14-17 R6
          --nobase flag deprecated in F18-21 R7
          --multilib flag in F18- R7-
          --nocore flag in F21- R7-
          --timeout int in F22- R7-
          --retries int in F22- R7-
          --excludeWeakdeps flag in F24-39 R8-9
          --excludeWeakdeps flag deprecated in F40-
          --inst-langs string in F32- R9-
          --exclude-weakdeps flag in F32- R9-
          --ignorebroken flag in F32-
        command %pre|%pre-install|%onerror|%traceback
          --erroronfail flag
          --interpreter string
          --log|--logfile string
        command %post
          --erroronfail flag
          --interpreter string
          --log|--logfile string
          --nochroot flag
        command %certificate
          --filename string required
          --dir string
          --type string
        command @
          --nodefaults flag
          --optional flag
        """
}
