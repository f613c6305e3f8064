using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("VfioFuzz.Model.Tests")]
