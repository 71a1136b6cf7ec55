using System.Reflection;
using E2EEvents.Torture;
using E2EEvents.Torture.Checking;

// Breaks a region at random and checks what it promises; see README.md.
if (args is ["silo", .. var settings]) return (int)Assembly.Load("E2EEvents.Silo").EntryPoint!.Invoke(null, [settings])!; // with the kinds of this program
if (TortureOptions.Read(args, out var error) is not { } options)
{
    Console.Error.WriteLine(error);
    Console.Error.WriteLine(TortureOptions.Usage);
    return 2;
}

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) => (pressed.Cancel, _) = (true, stop.CancelAsync());
Verdict? verdict = null;
try
{
    if (options.CheckUri is not null) verdict = await Deployment.CheckAsync(options, stop.Token);
}
catch (Exception e) when (e is InvalidOperationException or HttpRequestException)
{
    Console.Error.WriteLine($"{options.CheckUri} cannot be checked: {e.Message}");
    return 2;
}

foreach (var database in options.CheckUri is null ? options.Databases : [])
{
    var found = await Run.TortureAsync(options, database, stop.Token);
    found.Write();
    verdict = verdict is null ? found : verdict.And(found);
}

if (options.CheckUri is not null || options.Databases.Count > 1) verdict!.Write(); // of all together; one alone has been written
return verdict!.Passed ? 0 : 1;
