using CsCheck;

namespace E2EEvents.EdgeGateway.Tests.Transports.Link;

/// <summary>What a link sends: in order, without a hole that home's history could have filled, and with watermarks that are true.</summary>
public sealed class LinkSenderTests
{
    private static readonly Gen<(int What, int Topic, int Number)> GenStep = Gen.Select(Gen.Int[0, 11], Gen.Int[0, 2], Gen.Int[1, 400]);

    [Fact]
    public void Send_AnyCommitsSubscriptionsEpochsAndPauses_KeepsTheLaws() =>
        GenStep.Array[1, 120].Sample(steps =>
        {
            using var model = new LinkModel();
            foreach (var (what, topic, number) in steps) Do(model, what, topic, number);
            model.Settle();
        });

    [Fact]
    public void Send_ALongStall_SendsTheNewestOfALatestTopicOnceAndNoBacklog()
    {
        using var model = new LinkModel();
        model.Subscribe(topic: 1, fromStart: false);
        while (model.Send(100_000))
        {
        }

        for (var i = 0; i < 10_000; i++) model.Commit(topic: 1);
        var output = model.Sender.Collect(100_000);
        Assert.True(output.Frames!.Length < 300, "more than one frame was kept for the link");
    }

    [Fact]
    public void Watermark_NothingChangesAndNobodyFreshens_StandsStill()
    {
        using var model = new LinkModel();
        model.Subscribe(topic: 0, fromStart: false);
        model.Freshen();
        Drain(model);
        var told = model.Told;
        Assert.NotEqual(0, told);
        for (var i = 0; i < 20; i++)
        {
            model.Pass(500);
            Drain(model);
        }

        Assert.Equal(told, model.Told);
        model.Freshen();
        model.Pass(300);
        Drain(model);
        Assert.True(model.Told > told);
    }

    private static void Drain(LinkModel model)
    {
        while (model.Send(100_000))
        {
        }
    }

    private static void Do(LinkModel model, int what, int topic, int number)
    {
        switch (what)
        {
            case <= 4:
                model.Commit(topic);
                break;
            case 5:
                model.Pass(number);
                break;
            case 6:
                model.Freshen();
                break;
            case 7:
                model.Send(number * 10);
                break;
            case 8:
                model.AnswerReads();
                break;
            case 9:
                if (model.Subscriptions < 6) model.Subscribe(topic, fromStart: number % 2 == 0);
                break;
            case 10:
                if (number > 300) model.RenewEpoch(topic);
                break;
            default:
                if (number > 300) model.Unsubscribe();
                break;
        }
    }
}
