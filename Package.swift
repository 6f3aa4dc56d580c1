// swift-tools-version: 6.2
import PackageDescription

/// What every Swift target of ours is compiled with. Warnings are errors, so that none is ever "known".
let language: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

/// Swift 6.3.1 miscompiles async closures of ours when it optimises: a task group's children returned `(index, result)`
/// with index 0, which lost two of three repositories in a release build.
let settings = language + [.unsafeFlags(["-Onone"], .when(configuration: .release))]

/// Of targets that have nothing asynchronous in them, to which StyleTests holds them. Reading an image's files and looking
/// into them takes a third of the time when it is optimised.
let optimized = language

let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let subprocess: Target.Dependency = .product(name: "Subprocess", package: "swift-subprocess")
let system: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")

func stage(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: settings)
}

func synchronous(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: optimized)
}

let clientScripts = [
    "check_clients", "check_common", "check_amqp", "check_amqp_1_0", "check_mqtt", "check_stomp", "check_turn",
    "check_udp", "check_websocket",
]

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings)
}

/// A C library of the system, found through pkg-config: a module map and a shim header, no logic.
func library(_ name: String, _ pkgConfig: String, _ debianPackage: String) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([debianPackage])])
}

/// A library of ours with nothing of Swift's runtime: it is loaded into programs of appliances and of the tools.
func preloaded(_ name: String, exclude: [String] = []) -> Target {
    .target(
        name: name, exclude: exclude,
        linkerSettings: [
            .unsafeFlags(["-nostartfiles", "-resource-dir", "\(Context.packageDirectory)/Sources/CVariation/link"])
        ])
}

let package = Package(
    name: "stonebake",
    products: [
        .executable(name: "stonebake", targets: ["stonebake"]),
        // Lies beside the executable; `build --verify-reproducible` preloads it.
        .library(name: "stonebake-variation", type: .dynamic, targets: ["CVariation"]),
        // Lies there too; mke2fs is quicker with it.
        .library(name: "stonebake-diskcache", type: .dynamic, targets: ["CDiskCache"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.5.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: [
        library("CArchive", "libarchive", "libarchive-dev"),
        // Of glibc's, which libc6-dev brings along.
        .systemLibrary(name: "CCrypt"),
        library("CCrypto", "libcrypto", "libssl-dev"),
        library("CCurl", "libcurl", "libcurl4-openssl-dev"),
        library("CGuestfs", "libguestfs", "libguestfs-dev"),
        library("CSolv", "libsolvext", "libsolvext-dev"),
        library("CXML", "libxml-2.0", "libxml2-dev"),
        library("CZlib", "zlib", "zlib1g-dev"),
        .systemLibrary(name: "CLinux"),
        preloaded("CVariation", exclude: ["link"]),
        preloaded("CDiskCache"),

        synchronous("Diagnostics", []),
        synchronous("ContentDigest", ["CCrypt", "CCrypto", "CLinux", system]),
        synchronous("Kickstart", ["Diagnostics"]),
        stage("XMLDocuments", ["CXML"]),
        .target(
            name: "ApplianceSpec", dependencies: ["Diagnostics", "ContentDigest", "Kickstart", yams, system],
            // Programs of the images that are made.
            resources: ["data", "firstboot", "page"].map { .embedInCode("FirstBoot/Programs/\($0).py") },
            swiftSettings: settings),
        synchronous("TreeMeasures", ["ContentDigest"]),
        synchronous("BuildPlanning", ["ApplianceSpec", "ContentDigest", "Diagnostics", "TreeMeasures"]),
        synchronous("FileTrees", ["CArchive", "CLinux", "ContentDigest", "Diagnostics", system]),
        synchronous(
            "SandboxInside", ["CLinux", "FileTrees", "ContentDigest", "Diagnostics", "TreeMeasures", system]),
        // What runs inside sandboxes is started some twenty times for an appliance. With Swift's runtime linked into it,
        // which brings no Foundation but its essentials, a start takes a tenth of the time of one of `stonebake`.
        .executableTarget(
            name: "stonebake-worker", dependencies: ["FileTrees", "SandboxInside"], swiftSettings: optimized,
            linkerSettings: [
                .unsafeFlags(["-static-stdlib", "-l_FoundationCollections", "-l_FoundationCShims"])
            ]),
        stage(
            "HostSystem",
            ["FileTrees", "SandboxInside", "CCurl", "CLinux", "ContentDigest", "Diagnostics", subprocess, system]),
        stage(
            "PackageResolution",
            [
                "BuildPlanning", "ApplianceSpec", "FileTrees", "SandboxInside", "HostSystem", "ContentDigest",
                "Diagnostics", "CSolv", system,
            ]),
        stage(
            "RootfsAssembly",
            [
                "BuildPlanning", "TreeMeasures", "ApplianceSpec", "FileTrees", "SandboxInside", "HostSystem",
                "ContentDigest", "Diagnostics", system,
            ]),
        stage(
            "DiskAssembly",
            [
                "BuildPlanning", "TreeMeasures", "ApplianceSpec", "FileTrees", "SandboxInside", "HostSystem",
                "ContentDigest", "Diagnostics", "CGuestfs",
            ]),
        stage(
            "ImageExport",
            [
                "BuildPlanning", "TreeMeasures", "ApplianceSpec", "FileTrees", "SandboxInside", "HostSystem",
                "ContentDigest", "Diagnostics", "CLinux", "CZlib", "XMLDocuments", system,
            ]),
        stage(
            "BootCheck",
            ["BuildPlanning", "ApplianceSpec", "FileTrees", "HostSystem", "ContentDigest", "Diagnostics"],
            // The clients of its checks, for the machine's own Python.
            resources: clientScripts.map { .embedInCode("Clients/Python/\($0).py") }),
        synchronous(
            "ImageInspection",
            ["ApplianceSpec", "CLinux", "FileTrees", "HostSystem", "ContentDigest", "Diagnostics", "XMLDocuments"]),
        stage("ProgressDisplay", ["ApplianceSpec", "CLinux", "FileTrees", "HostSystem"]),
        stage("TimingReport", ["HostSystem"]),
        .executableTarget(
            name: "stonebake",
            dependencies: [
                "ApplianceSpec", "BootCheck", "BuildPlanning", "ContentDigest", "Diagnostics", "DiskAssembly",
                "FileTrees", "HostSystem", "ImageExport", "ImageInspection", "Kickstart",
                "PackageResolution", "ProgressDisplay",
                "RootfsAssembly", "TimingReport", "TreeMeasures",
                // Whoever builds the one gets the other, which lies beside it.
                "stonebake-worker", arguments, system,
            ],
            swiftSettings: settings
        ),

        tests(
            "PackageResolutionTests",
            [
                "PackageResolution", "RootfsAssembly", "BuildPlanning", "ApplianceSpec", "FileTrees", "HostSystem",
                "ContentDigest", "Diagnostics", "CSolv",
            ]),
        tests(
            "BuildPlanningTests", ["ApplianceSpec", "BuildPlanning", "TreeMeasures", "ContentDigest", "Diagnostics"]),
        tests("CommandLineTests", []),
        tests("ImageInspectionTests", ["ImageInspection", "ApplianceSpec", "FileTrees", "HostSystem", "Diagnostics"]),
        tests("ProgressDisplayTests", ["ProgressDisplay", "HostSystem"]),
        tests("TimingReportTests", ["TimingReport", "HostSystem"]),
        tests(
            "ImageExportTests",
            [
                "ImageExport", "ImageInspection", "BuildPlanning", "TreeMeasures", "ApplianceSpec", "FileTrees",
                "SandboxInside", "HostSystem", "ContentDigest", "Diagnostics",
            ]),
        tests(
            "DiskAssemblyTests",
            [
                "DiskAssembly", "RootfsAssembly", "PackageResolution", "BuildPlanning", "TreeMeasures", "ApplianceSpec",
                "FileTrees", "SandboxInside", "HostSystem", "ContentDigest", "Diagnostics", system,
            ]),
        tests("DiagnosticsTests", ["Diagnostics", "FileTrees", "HostSystem"]),
        tests(
            "ApplianceSpecTests",
            ["ApplianceSpec", "ContentDigest", "Diagnostics", "HostSystem", "Kickstart"]),
        tests("BootCheckTests", ["BootCheck", "ApplianceSpec", "FileTrees", "HostSystem", "Diagnostics"]),
        tests(
            "HostSystemTests",
            [
                "FileTrees", "SandboxInside", "HostSystem", "CLinux", "ContentDigest", "Diagnostics", "HostWorker",
                system,
            ],
            exclude: ["Fixtures"]),
        .executableTarget(
            name: "HostWorker", dependencies: ["FileTrees", "HostSystem", "ContentDigest"], path: "Tests/HostWorker",
            swiftSettings: settings),
        tests("ContentDigestTests", ["ContentDigest", system]),
        .target(
            name: "KickstartFuzzing", dependencies: ["Kickstart", "Diagnostics"], path: "Tests/KickstartFuzzing",
            swiftSettings: settings),
        .executableTarget(
            name: "kickstart-fuzz", dependencies: ["KickstartFuzzing"], path: "Tests/kickstart-fuzz",
            swiftSettings: settings),
        tests(
            "KickstartTests", ["Kickstart", "Diagnostics", "KickstartFuzzing"], exclude: ["Judge/judge.py", "Files"]),
        tests("StyleTests", []),
        tests("SetupTests", ["HostSystem"]),
        tests(
            "RootfsAssemblyTests",
            [
                "RootfsAssembly", "SandboxInside", "PackageResolution", "BuildPlanning", "TreeMeasures",
                "ApplianceSpec", "FileTrees", "HostSystem", "ContentDigest", "Diagnostics", "TreeWorker",
            ]),
        .executableTarget(
            name: "TreeWorker",
            dependencies: [
                "RootfsAssembly", "BuildPlanning", "ApplianceSpec", "FileTrees", "SandboxInside", "HostSystem",
                "Diagnostics",
            ],
            path: "Tests/TreeWorker", swiftSettings: settings),
    ]
)
