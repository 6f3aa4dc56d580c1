import HostSystem
import Testing

@Suite struct WorkSlotsTests {
    private actor Counter {
        private(set) var (now, most, done) = (0, 0, 0)

        func begin() {
            now += 1
            most = max(most, now)
        }

        func end() {
            now -= 1
            done += 1
        }
    }

    @Test(arguments: [1, 3]) func `no more work at once than there are slots, and all of it is done`(count: Int) async {
        let slots = WorkSlots(count)
        let counter = Counter()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<40 {
                group.addTask {
                    await slots.take()
                    await counter.begin()
                    await Task.yield()
                    await counter.end()
                    slots.give()
                }
            }
        }
        #expect(await counter.most <= count)
        #expect(await counter.done == 40)
    }
}
