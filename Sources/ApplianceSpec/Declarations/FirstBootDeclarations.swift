// Parameters, first boot, every boot, recipes.
extension SpecDeclarations {
    /// What JSON carries unharmed through every reader.
    static let wholeNumbers = -9_007_199_254_740_991...9_007_199_254_740_991

    private static let value = Shape.either([.text(.anyText), .integer(wholeNumbers), .boolean])

    static let parameter = Record(
        name: "a parameter",
        fields: [
            Field("name", .text(.parameterName), "What a deployer calls it.", need: .inEachFile),
            Field(
                "type", .choice(Parameter.Kind.allCases.map(\.rawValue)), "What its value may be.", standard: "string"),
            Field("description", .text(.line), "What it is for, in one line.", standard: "the name"),
            Field("required", .boolean, "Whether a deployer has to give it.", standard: "false"),
            Field("default", value, "Its value where none is given; never of a secret."),
            Field(
                "secret", .boolean,
                "Kept out of logs and other users' sight. One that is neither required nor has a default is generated, "
                    + "each instance its own.", standard: "true for a password, else false"),
            Field("show", .boolean, "Whether one that was generated is shown, once, on the console.", standard: "true"),
            Field(
                "variable", .text(.variable), "Its name in environment files and for scripts.",
                standard: "the name in capitals, with `_`"),
            Field("choices", .list(of: .text(.nonEmptyLine), atLeast: 1), "What a `choice` chooses from."),
            Field("pattern", .text(.nonEmptyLine), "A regular expression that all of the value has to match."),
            Field("min", .integer(wholeNumbers), "The least integer."),
            Field("max", .integer(wholeNumbers), "The greatest integer."),
            Field("min-length", .integer(1...1024), "The fewest characters.", standard: "1"),
            Field(
                "max-length", .integer(1...65536), "The most characters.", standard: "1024; 65536 of a `text`"),
            Field(
                "example", value,
                "What `stonebake test` gives when nothing else is said; for people, a right one. It is not in the image."
            ),
        ])

    static let firstBoot = Record(
        name: "first-boot",
        fields: [
            Field(
                "data-sources", .list(of: .choice(dataSources), atLeast: 1), "cloud-init's data sources, in order.",
                standard: "[NoCloud, ConfigDrive, OpenStack, Ec2, Azure, GCE, None]"),
            Field(
                "environment", .list(of: .record(environmentFile)),
                "Files of `NAME=\"value\"` lines with the parameters, for systemd's `EnvironmentFile=`."),
            Field("files", .list(of: .record(template)), "Files whose text holds parameters: `${NAME}`."),
            Field("scripts", .list(of: .record(bootScript)), "Run once, before the application starts."),
            Field(
                "units", .list(of: .text(.unit)),
                "Units that start when all of it is done. A kind has its own among them."),
            Field("needs", .list(of: .text(.unit)), "Units that have to run before the scripts do."),
            Field(
                "page-ports", .list(of: .integer(1...65535)),
                "Ports on which a page with status 503 answers while parameters are missing or wrong. A kind has its "
                    + "own among them."),
        ])

    static let everyBoot = Record(
        name: "every-boot",
        fields: [
            Field("scripts", .list(of: .record(bootScript)), "Run at every boot, before the application starts.")
        ])

    static let recipe = Record(
        name: "a recipe",
        fields: [Field("puppet", .record(puppet), "A Puppet manifest, applied without a master.")],
        exactlyOne: ["puppet"])

    private static let puppet = Record(
        name: "a puppet recipe",
        fields: [
            Field("manifest", .text(.relativePath), "The manifest, a file beside the spec.", need: .afterMerge),
            Field("modules", .text(.relativePath), "A folder of modules beside the spec."),
            Field("at", .choice(["first-boot", "every-boot"]), "When it is applied.", standard: "first-boot"),
        ])

    private static let environmentFile = Record(
        name: "an environment file",
        fields: [
            Field("path", .text(.imagePath), "Where it is written.", need: .inEachFile),
            Field("parameters", .list(of: .text(.parameterName), atLeast: 1), "Which.", standard: "all"),
            Field("mode", .text(.mode), "Permission bits, quoted.", standard: #""0600""#),
            Field("owner", .text(.owner), "`user` or `user:group`.", standard: "root"),
        ])

    private static let template = Record(
        name: "a templated file",
        fields: [
            Field("path", .text(.imagePath), "Where it is written.", need: .inEachFile),
            Field("content", .text(.anyText), "Its text."),
            Field("source", .text(.relativePath), "A file beside the spec that holds its text."),
            Field("mode", .text(.mode), "Permission bits, quoted.", standard: #""0600""#),
            Field("owner", .text(.owner), "`user` or `user:group`.", standard: "root"),
        ],
        exactlyOne: ["content", "source"])

    private static let bootScript = Record(
        name: "a boot script",
        fields: [
            Field("name", .text(.scriptName), "What logs call it.", need: .inEachFile),
            Field("run", .text(.nonEmpty), "Its text; without an interpreter line /bin/sh runs it."),
            Field("source", .text(.relativePath), "A file beside the spec that holds its text."),
            Field(
                "interpreter", .text(.interpreter), "The program that gets the text.",
                standard: "what its first line says"),
            Field(
                "when-changed", .list(of: .text(.parameterName)),
                "Parameters: it is run again when one of them has got another value.",
                standard: "at every boot all, else none"),
        ],
        exactlyOne: ["run", "source"])

    /// cloud-init's `datasource_list` names.
    static let dataSources = [
        "NoCloud", "ConfigDrive", "OpenStack", "Ec2", "Azure", "GCE", "Oracle", "DigitalOcean", "Hetzner", "VMware",
        "OVF", "Vultr", "Scaleway", "UpCloud", "Exoscale", "CloudStack", "OpenNebula", "IBMCloud", "LXD", "Akamai",
        "None",
    ]
}
