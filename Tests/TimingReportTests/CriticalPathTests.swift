import HostSystem
import Testing

@testable import TimingReport

/// A recording that a test writes down: spans by name, each after those around it.
struct Sketch {
    private(set) var spans: [Span] = []

    @discardableResult
    mutating func add(
        _ title: String, _ start: Double, _ end: Double, in parent: Int? = nil, kind: Span.Kind = .part,
        key: String? = nil, needs: [String]? = nil, blocker: Int? = nil, outcome: Span.Outcome = .done, cpu: Double = 0
    ) -> Int {
        spans.append(
            Span(
                id: spans.count, parent: parent, kind: kind, title: title, step: kind == .step ? title : nil, key: key,
                needs: needs, blocker: blocker, start: start, end: end, outcome: outcome, cpu: cpu))
        return spans.count - 1
    }

    mutating func set(blocker: Int, of span: Int) { spans[span].blocker = blocker }

    func recording(load: [LoadSample] = []) -> Recording { Recording(spans: spans, load: load, cpus: 2) }

    /// The critical path as `title start-end` of each segment.
    var path: [String] {
        CriticalPath(SpanTree(recording())).segments.map { segment in
            "\(spans[segment.span].title) \(decimal(segment.start))-\(decimal(segment.end))"
        }
    }
}

@Suite struct CriticalPathTests {
    @Test func `of two things at once the longer one is critical`() {
        var sketch = Sketch()
        let run = sketch.add("run", 0, 10, kind: .run)
        sketch.add("short", 0, 4, in: run)
        sketch.add("long", 0, 6, in: run)
        sketch.add("after", 6, 10, in: run)
        #expect(sketch.path == ["long 0.0-6.0", "after 6.0-10.0"])
    }

    @Test func `time that nothing within explains belongs to the span around`() {
        var sketch = Sketch()
        let run = sketch.add("run", 0, 10, kind: .run)
        let step = sketch.add("step", 1, 8, in: run, kind: .step)
        sketch.add("command", 2, 5, in: step, kind: .command)
        #expect(
            sketch.path == [
                "run 0.0-1.0", "step 1.0-2.0", "command 2.0-5.0", "step 5.0-8.0", "run 8.0-10.0",
            ])
    }

    @Test func `a step that only happened to end just before is not taken for the reason`() {
        var sketch = Sketch()
        let run = sketch.add("run", 0, 12, kind: .run)
        sketch.add("base", 0, 5, in: run, kind: .step, key: "b")
        sketch.add("tools", 0, 5.4, in: run, kind: .step, key: "t")
        sketch.add("packages", 5.5, 8, in: run, kind: .step, key: "p", needs: ["b", "x"])
        sketch.add("python", 8, 12, in: run, kind: .step, key: "y", needs: ["p", "t"])
        #expect(sketch.path == ["base 0.0-5.0", "run 5.0-5.5", "packages 5.5-8.0", "python 8.0-12.0"])
    }

    @Test func `a wait hands over to what it waited for`() {
        var sketch = Sketch()
        let run = sketch.add("run", 0, 20, kind: .run)
        let launch = sketch.add("launch", 1, 15, in: run)
        sketch.add("tree", 1, 9, in: run)
        let disk = sketch.add("disk", 9, 20, in: run, kind: .step)
        sketch.add("write", 9, 11, in: disk)
        sketch.add("wait for launch", 11, 15, in: disk, kind: .wait, blocker: launch)
        sketch.add("verify", 15, 20, in: disk)
        #expect(sketch.path == ["run 0.0-1.0", "launch 1.0-15.0", "verify 15.0-20.0"])
    }

    @Test func `a wait for what was there already is none`() {
        var sketch = Sketch()
        let run = sketch.add("run", 0, 20, kind: .run)
        let launch = sketch.add("launch", 0, 6, in: run)
        sketch.add("tree", 0, 9, in: run)
        let disk = sketch.add("disk", 9, 20, in: run, kind: .step)
        sketch.add("wait for launch", 10, 10.1, in: disk, kind: .wait, blocker: launch)
        #expect(
            sketch.path == ["tree 0.0-9.0", "disk 9.0-10.0", "wait for launch 10.0-10.1", "disk 10.1-20.0"])
    }

    @Test func `of two appliances, the one that waits for the other's base has the base on its path`() {
        var sketch = Sketch()
        let run = sketch.add("run", 0, 30, kind: .run)
        let first = sketch.add("first", 0, 18, in: run, kind: .appliance)
        let second = sketch.add("second", 0, 30, in: run, kind: .appliance)
        sketch.add("base", 1, 12, in: first, kind: .step, key: "b")
        sketch.add("first's packages", 12, 18, in: first, kind: .step, key: "p1", needs: ["b"])
        sketch.add("second's lock", 0, 3, in: second)
        sketch.add("wait for the base", 3, 12.05, in: second, kind: .wait, blocker: first)
        sketch.add("second's packages", 12.05, 30, in: second, kind: .step, key: "p2", needs: ["b"])
        #expect(
            sketch.path == [
                "first 0.0-1.0", "base 1.0-12.0", "first 12.0-12.1", "second's packages 12.1-30.0",
            ])
    }

    @Test func `of a build that failed, the path leads to what failed and not to what was stopped for it`() {
        var sketch = Sketch()
        let run = sketch.add("run", 0, 12, kind: .run, outcome: .failed)
        sketch.add("launch", 0, 11.5, in: run, outcome: .failed)
        let base = sketch.add("base", 2, 11, in: run, kind: .step, outcome: .failed)
        sketch.add("unpack", 2, 10, in: base, outcome: .failed)
        sketch.add("tools", 0, 2, in: run, kind: .step)
        #expect(sketch.path == ["tools 0.0-2.0", "unpack 2.0-10.0", "base 10.0-11.0", "run 11.0-12.0"])
    }

    @Test func `an appliance that failed early is not what the others' build took`() {
        var sketch = Sketch()
        let run = sketch.add("run", 0, 60, kind: .run, outcome: .failed)
        sketch.add("broken", 0, 5, in: run, kind: .appliance, outcome: .failed)
        sketch.add("good", 0, 60, in: run, kind: .appliance)
        #expect(sketch.path == ["good 0.0-60.0"])
    }

    @Test func `a wait for another process stays a wait`() {
        var sketch = Sketch()
        let run = sketch.add("run", 0, 10, kind: .run)
        sketch.add("wait", 0, 8, in: run, kind: .wait)
        sketch.add("disk", 8, 10, in: run, kind: .step)
        #expect(sketch.path == ["wait 0.0-8.0", "disk 8.0-10.0"])
    }

    @Test func `the path of any nest of spans has no gap and no overlap, and ends`() {
        var generator = Dice(state: 7)
        for _ in 0..<300 {
            var sketch = Sketch()
            sketch.add("run", 0, 100, kind: .run)
            for number in 1...30 {
                let parent = Int(generator.next() % UInt64(number))
                let (low, high) = (sketch.spans[parent].start, sketch.spans[parent].end)
                let start = low + (high - low) * Double(generator.next() % 100) / 100
                let end = start + (high - start) * Double(generator.next() % 101) / 100
                let isWait = generator.next() % 3 == 0
                sketch.add("\(number)", start, end, in: parent, kind: isWait ? .wait : .part)
                if isWait { sketch.set(blocker: Int(generator.next() % 31), of: number) }
            }
            let segments = CriticalPath(SpanTree(sketch.recording())).segments
            #expect(segments.first?.start == 0 && segments.last?.end == 100)
            for (one, next) in zip(segments, segments.dropFirst()) { #expect(one.end == next.start) }
        }
    }

    /// xorshift64: the same numbers each time.
    private struct Dice {
        var state: UInt64

        mutating func next() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state >> 8
        }
    }
}
