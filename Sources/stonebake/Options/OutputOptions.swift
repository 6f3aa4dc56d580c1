import ArgumentParser

struct OutputOptions: ParsableArguments {
    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: "The folder that gets a folder NAME-VERSION with the images.", completion: .directory)
    var folder = "Images"
}
