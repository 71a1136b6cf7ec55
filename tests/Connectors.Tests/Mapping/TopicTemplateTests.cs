using E2EEvents.Connectors.Mapping;

namespace E2EEvents.Connectors.Tests.Mapping;

public sealed class TopicTemplateTests
{
    private static readonly Newtonsoft.Json.Linq.JToken Record = JsonText.Read(
        """{"id":"2026-ENG-ARS","n":7,"half":1.5,"live":true,"a":{"b":"deep"},"brace":"}","no":null,"list":[1],"bad":"a b","empty":""}""");

    [Theory]
    [InlineData("match/{id}", "match/2026-ENG-ARS")]
    [InlineData("match/{n}", "match/7")]
    [InlineData("match/{half}", "match/1.5")]
    [InlineData("match/{live}", "match/true")]
    [InlineData("match/{id}-{a.b}.{n}", "match/2026-ENG-ARS-deep.7")]
    [InlineData("{'match'}/{id}", "match/2026-ENG-ARS")]
    [InlineData("match/{join('-', values({x: id, y: a.b}))}", "match/2026-ENG-ARS-deep")]
    [InlineData("match/{(brace == '}' && id) || 'none'}", "match/2026-ENG-ARS")]
    [InlineData("news/front", "news/front")]
    public void TryRender_Record_GivesTheTopic(string template, string expected)
    {
        var compiled = TopicTemplate.Compile(template, out var error);
        Assert.Null(error);
        Assert.True(compiled!.TryRender(Record, out var topic, out error), error);
        Assert.Equal(expected, topic.ToString());
    }

    [Theory]
    [InlineData("match/{missing}", "{missing} gives nothing")]
    [InlineData("match/{no}", "{no} gives nothing")]
    [InlineData("match/{list}", "gives a list")]
    [InlineData("match/{a}", "gives an object")]
    [InlineData("match/{empty}", "gives empty text")]
    [InlineData("match/{bad}", "'match/a b'")]
    [InlineData("{id}/x", "'2026-ENG-ARS/x'")]
    public void TryRender_RecordThatDoesNotFit_SaysWhy(string template, string reason)
    {
        var compiled = TopicTemplate.Compile(template, out _)!;
        Assert.False(compiled.TryRender(Record, out _, out var error));
        Assert.Contains(reason, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("match/{id", "never closed")]
    [InlineData("match/{id ==}", "not JMESPath")]
    [InlineData("match/{}", "not JMESPath")]
    [InlineData("match/{nosuch(id)}", "nosuch")]
    [InlineData("Match/{id}", "no kind")]
    [InlineData("match", "kind/key")]
    [InlineData("match/a b/{id}", "letters, digits")]
    public void Compile_WhatNoRecordCanPutRight_IsAnError(string template, string reason)
    {
        Assert.Null(TopicTemplate.Compile(template, out var error));
        Assert.Contains(reason, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("match/{id}", "match")]
    [InlineData("{k}/{id}", null)]
    [InlineData("ma{k}/{id}", null)]
    public void Kind_Template_IsKnownIfItIsPlain(string template, string? kind) => Assert.Equal(kind, TopicTemplate.Compile(template, out _)!.Kind);
}
