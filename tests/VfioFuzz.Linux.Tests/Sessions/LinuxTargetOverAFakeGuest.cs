using VfioFuzz.Linux.Channels;
using VfioFuzz.Programs;

namespace VfioFuzz.Linux.Tests.Sessions;

/// <summary>
/// What a target does with guests that misbehave, over the same memory layout that a real guest uses.
/// </summary>
public sealed class LinuxTargetOverAFakeGuest
{
    private static readonly TaskId Thread0 = TaskId.Of(0, 0);

    [Fact]
    public void Histories_come_in_the_order_of_the_programs()
    {
        var facts = Run(new FakeWorld(), 1000);
        Assert.Equal(Enumerable.Range(0, 1000), facts.Select(fact => fact.Number));
        Assert.All(facts, fact => Assert.Null(fact.Incomplete));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(1)]
    public void Guests_side_by_side_share_the_work_and_one_does_all_when_no_other_starts(int guestsMax)
    {
        var world = new FakeWorld { GuestsMax = guestsMax };
        using var target = world.Target(batchSize: 8, guests: 2);
        var facts = Collect(target, Enumerable.Range(0, 2000).Select(number => Numbered(number, default)));
        Assert.Equal(Enumerable.Range(0, 2000), facts.Select(fact => fact.Number));
        Assert.All(facts, fact => Assert.Null(fact.Incomplete));
        Assert.Equal(guestsMax, world.Guests);
    }

    [Fact]
    public void A_target_knows_its_platform_from_the_guests_header()
    {
        using var target = new FakeWorld().Target();
        Assert.Equal(DialectName.S61, target.Platform.Dialect);
        Assert.StartsWith("6.1.0-99-amd64", target.Platform.Kernel, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(15)]
    [InlineData(16)]
    public void A_panic_is_told_with_its_program_and_the_others_are_run_again(int culprit)
    {
        var world = new FakeWorld();
        var facts = Run(world, 40, (culprit, Deed.Panic));
        Assert.Equal(2, world.Guests);
        Assert.Contains("Kernel panic", facts[culprit].Console, StringComparison.Ordinal);
        Assert.NotNull(facts[culprit].Incomplete);
        AssertOthersAreWhole(facts, culprit);
    }

    [Fact]
    public void A_program_that_hangs_the_guest_twice_is_told()
    {
        var world = new FakeWorld();
        var facts = Run(world, 20, (6, Deed.Hang));
        Assert.Equal(3, world.Guests);
        Assert.Contains("hangs", facts[6].Incomplete, StringComparison.Ordinal);
        Assert.Contains("hangs", facts[6].Console, StringComparison.Ordinal);
        AssertOthersAreWhole(facts, 6);
    }

    [Fact]
    public void A_hang_that_a_busy_host_explains_is_not_told()
    {
        var world = new FakeWorld();
        var facts = Run(world, 20, (6, Deed.HangOnce));
        Assert.Equal(2, world.Guests);
        Assert.All(facts, fact => Assert.Null(fact.Incomplete));
        Assert.All(facts, fact => Assert.Empty(fact.Console));
    }

    [Fact]
    public void A_machine_that_ends_without_a_word_twice_is_told()
    {
        var facts = Run(new FakeWorld(), 8, (2, Deed.Vanish));
        Assert.Contains("137", facts[2].Incomplete, StringComparison.Ordinal);
        AssertOthersAreWhole(facts, 2);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(9)]
    public void A_complaint_of_the_kernel_is_told_with_its_program_alone(int culprit)
    {
        var facts = Run(new FakeWorld(), 30, (culprit, Deed.Complain));
        Assert.Equal([culprit], Numbers(facts.Where(fact => fact.Console.Length > 0)));
        Assert.StartsWith("WARNING: CPU: 0", facts[culprit].Console, StringComparison.Ordinal);
        Assert.All(facts, fact => Assert.Null(fact.Incomplete));
    }

    [Fact]
    public void A_complaint_that_is_not_repeated_is_not_lost()
    {
        var facts = Run(new FakeWorld(), 30, (7, Deed.ComplainOnce));
        var told = Assert.Single(facts, fact => fact.Console.Length > 0);
        Assert.Contains("once.c", told.Console, StringComparison.Ordinal);
        Assert.InRange(told.Number, 7 - (Wire.Slots - 1), 7);
    }

    [Fact]
    public void A_leak_is_told_with_the_programs_that_make_it()
    {
        var facts = Run(new FakeWorld(), 300, (20, Deed.Leak), (41, Deed.Leak), (200, Deed.Leak));
        Assert.Equal([20, 41, 200], Numbers(facts.Where(fact => fact.Balance is not null)));
        Assert.Equal(3, facts[41].Balance);
    }

    [Fact]
    public void A_leak_of_a_program_run_alone_needs_no_second_guest()
    {
        var world = new FakeWorld();
        using var target = world.Target();
        for (var round = 0; round < 5; round++)
            Assert.Equal(3, Collect(target, [Numbered(1, Deed.Leak)])[0].Balance);
        Assert.Equal(1, world.Guests);
    }

    [Fact]
    public void A_leak_that_is_not_repeated_makes_the_batch_inconclusive()
    {
        var facts = Run(new FakeWorld(), 16, (5, Deed.LeakOnce));
        Assert.All(facts, fact => Assert.Null(fact.Balance));
        Assert.Contains("1 pins", facts[15].Incomplete, StringComparison.Ordinal);
    }

    [Fact]
    public void After_a_failed_reset_the_guest_is_replaced_and_the_stuck_task_is_told()
    {
        var world = new FakeWorld();
        var facts = Run(world, 12, (4, Deed.FailReset));
        Assert.Equal(2, world.Guests);
        Assert.Equal("p0.t1 D vfio_wait", facts[4].Console);
        AssertOthersAreWhole(facts, 4);
    }

    [Fact]
    public void A_reset_that_fails_without_a_stuck_task_says_what_is_still_in_use()
    {
        var facts = Run(new FakeWorld(), 12, (4, Deed.StayBusy));
        Assert.Contains("type1 module is still in use and a test mdev is still open", facts[4].Console, StringComparison.Ordinal);
        AssertOthersAreWhole(facts, 4);
    }

    [Theory]
    [InlineData(true, 30)]
    [InlineData(false, 300)]
    public void A_sleeper_has_more_time_where_nothing_waits_for_user_space(bool pinsMayWait, uint milliseconds)
    {
        var world = new FakeWorld { PinsMayWait = pinsMayWait };
        Run(world, 4);
        Assert.Equal(milliseconds, world.SettleMilliseconds);
    }

    [Fact]
    public void When_no_further_guest_starts_the_rest_is_inconclusive()
    {
        var facts = Run(new FakeWorld { GuestsMax = 1 }, 40, (4, Deed.Panic));
        AssertOthersAreWhole(facts.Take(4), -1);
        Assert.All(facts.Skip(4), fact => Assert.NotNull(fact.Incomplete));
        Assert.Contains("out of guests", facts[39].Incomplete, StringComparison.Ordinal);
    }

    [Fact]
    public void A_header_of_another_layout_is_refused() =>
        Assert.Contains("slot", RefusalOf(new FakeWorld { SlotSizeError = 8 }), StringComparison.Ordinal);

    [Fact]
    public void A_guest_that_cannot_work_says_why() =>
        Assert.Contains("Exec format", RefusalOf(new FakeWorld { Failure = "Exec format error" }), StringComparison.Ordinal);

    private static string RefusalOf(FakeWorld world) =>
        Assert.Throws<KernelUnavailableException>(() => world.Target()).Message;

    private static List<Facts> Run(FakeWorld world, int programs, params (int Number, Deed Deed)[] deeds)
    {
        using var target = world.Target();
        return Collect(target, Enumerable.Range(0, programs).Select(number =>
            Numbered(number, deeds.Where(deed => deed.Number == number).Select(deed => deed.Deed).FirstOrDefault())));
    }

    /// <summary>A program whose first line answers its number, and that may then do something.</summary>
    private static Program Numbered(int number, Deed deed) => Program.Sequential(
        new World(DeviceSpec.Mdev),
        Operation.CheckExtension(Thread0, 1, (ulong)number), Operation.CheckExtension(Thread0, 1, (ulong)deed));

    private static List<Facts> Collect(LinuxTarget target, IEnumerable<Program> programs) =>
        [.. target.Run(programs, default).Select(history => new Facts(history))];

    private static IEnumerable<int> Numbers(IEnumerable<Facts> facts) => facts.Select(fact => fact.Number);

    private static void AssertOthersAreWhole(IEnumerable<Facts> facts, int culprit)
    {
        foreach (var fact in facts.Where(fact => fact.Number != culprit))
        {
            Assert.Null(fact.Incomplete);
            Assert.Empty(fact.Console);
            Assert.Equal(6, fact.Events);
        }
    }

    private sealed class Facts
    {
        public Facts(History history)
        {
            Events = history.Events.Length;
            Console = history.Console;
            Incomplete = history.Incomplete;
            Number = Events > 1 ? (int)history.Events[1].Value : -1;
            foreach (var happened in history.Events)
                if (happened.Kind == EventKind.PinBalance)
                    Balance = (long)happened.Value;
        }

        public int Number { get; }

        public int Events { get; }

        public string Console { get; }

        public string? Incomplete { get; }

        public long? Balance { get; }
    }
}
