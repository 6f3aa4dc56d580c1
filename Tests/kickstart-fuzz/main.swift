import Foundation
import KickstartFuzzing

// kickstart-fuzz COUNT [--run N] [--from NUMBER] [FILE|FOLDER…]
//
// Reads COUNT changed pieces of the Kickstart files, and prints what should not be. Where it traps, --from with the last
// number that it printed and a small COUNT find the input again; a COUNT of 0 prints that input.

var count: UInt64 = 1_000_000
var run: UInt64 = 1
var from: UInt64 = 0
var seeds: [String] = []

func files(_ path: String) -> [String] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
        return [path]
    }
    let names = (try? FileManager.default.subpathsOfDirectory(atPath: path)) ?? []
    return names.filter { $0.hasSuffix(".ks") }.sorted().map { path + "/" + $0 }
}

var words = CommandLine.arguments.dropFirst()
if let number = words.first.flatMap({ UInt64($0) }) {
    count = number
    words = words.dropFirst()
}
while let word = words.popFirst() {
    switch word {
    case "--run": run = words.popFirst().flatMap { UInt64($0) } ?? run
    case "--from": from = words.popFirst().flatMap { UInt64($0) } ?? from
    default: seeds += files(word).compactMap { try? String(contentsOfFile: $0, encoding: .utf8) }
    }
}

let inputs = FuzzInputs(seeds: seeds, run: run)
guard count > 0 else {
    print(inputs.text(from))
    exit(0)
}
let examination = FuzzExamination(inputs)
let start = Date()
var wrong = 0
for number in from..<(from + count) {
    for complaint in examination.examine(number) {
        wrong += 1
        print("\(number): \(complaint)")
    }
    if (number - from + 1) % 10_000 == 0 {
        FileHandle.standardError.write(Data("\(number + 1) after \(Int(Date().timeIntervalSince(start))) s\n".utf8))
    }
}
print(
    "\(count) inputs from \(seeds.count) files, run \(run): \(wrong == 0 ? "nothing wrong" : "\(wrong) things wrong")")
exit(wrong == 0 ? 0 : 1)
